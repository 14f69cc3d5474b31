"""Fresh databases for benchmarks, on the server that `SETTLE_DATABASE_URL` names or on an embedded one of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from sandbox.local.postgres import OWNER_ROLE, SUPERUSER, WORKER_ROLE, EmbeddedPostgres
from sandbox.local.valkey import EmbeddedValkey
from settlement.storage.migrate import upgrade


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL on which databases are made and dropped.

    `admin` may create databases and, if it is a superuser, checkpoints; `owner` owns the tables; `worker` is the role
    whose work is measured. All are URLs of some database of the server, which is left as it is.
    """

    admin: str = field(repr=False)
    owner: str = field(repr=False)
    worker: str = field(repr=False)
    owner_role: str
    worker_role: str
    # Do its processes run here, so that their CPU time can be read.
    embedded: bool

    def worker_url(self, database: str) -> str:
        """A database as the worker's role."""
        return _with_database(self.worker, database)

    def owner_url(self, database: str) -> str:
        """A database as its owner."""
        return _with_database(self.owner, database)

    def admin_url(self, database: str) -> str:
        """A database as the most powerful role there is."""
        return _with_database(self.admin, database)

    @contextmanager
    def database(self, name: str, *, template: str | None = None) -> Iterator[str]:
        """A fresh database, migrated or copied from a template, dropped afterwards."""
        name = f"settle_bench_{os.getpid()}_{name}"
        self._drop(name)
        with psycopg.connect(self.admin, autocommit=True) as connection:
            owner, source = sql.Identifier(self.owner_role), sql.Identifier(template or "template1")
            # Copied as files: the pages are then as vacuumed as they were.
            statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy")
            connection.execute(statement.format(sql.Identifier(name), owner, source))
        try:
            if template is None:
                upgrade(self.owner_url(name), worker_role=self.worker_role)
            yield name
        finally:
            self._drop(name)

    def settle_down(self, database: str) -> None:
        """Vacuums, analyses and checkpoints, so that no measurement pays for what came before it."""
        with psycopg.connect(self.admin_url(database), autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
            self._checkpoint(connection)

    def checkpoint(self) -> None:
        """Writes everything out, as far as the role may ask for it."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            self._checkpoint(connection)

    @staticmethod
    def _checkpoint(connection: psycopg.Connection) -> None:
        with suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute("CHECKPOINT")

    def backends(self, database: str) -> list[int]:
        """Process ids of the sessions of a database; none where they run on another machine."""
        if not self.embedded:
            return []
        with psycopg.connect(self.admin) as connection:
            rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [database])
            return [row[0] for row in rows]

    def version(self) -> str:
        """The server's version."""
        with psycopg.connect(self.admin) as connection:
            row = connection.execute("SHOW server_version").fetchone()
            return str(row[0]) if row else "unknown"

    def _drop(self, name: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


@contextmanager
def postgres_server(state_dir: Path) -> Iterator[Server]:
    """The server to measure on. An embedded one lives in `state_dir` and is stopped and deleted afterwards."""
    given = os.environ.get("SETTLE_DATABASE_URL")
    if given:
        owner = os.environ.get("SETTLE_MIGRATION_URL") or given
        with psycopg.connect(owner) as connection:
            owner_role = connection.info.user
        yield Server(
            owner, owner, given, owner_role, os.environ.get("SETTLE_WORKER_ROLE") or WORKER_ROLE, False
        )
        return
    embedded = EmbeddedPostgres(state_dir)
    try:
        embedded.start()
        admin = embedded.url(SUPERUSER, "postgres")
        yield Server(admin, embedded.url(OWNER_ROLE), embedded.url(), OWNER_ROLE, WORKER_ROLE, True)
    finally:
        embedded.destroy()


@contextmanager
def broker_server(state_dir: Path) -> Iterator[str]:
    """The URL of the broker that `SETTLE_BROKER_URL` names, or of an embedded one, stopped afterwards."""
    given = os.environ.get("SETTLE_BROKER_URL")
    if given:
        yield given
        return
    embedded = EmbeddedValkey(state_dir)
    try:
        embedded.start()
        yield embedded.url()
    finally:
        embedded.stop()


def _with_database(url: str, database: str) -> str:
    parts = urlsplit(url)
    if not parts.netloc:
        # An empty host, as of a socket, must keep its two slashes.
        return f"{parts.scheme}:///{database}" + (f"?{parts.query}" if parts.query else "")
    return urlunsplit(parts._replace(path=f"/{database}"))
