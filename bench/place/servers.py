"""Fresh databases for benchmarks, each as vacuumed as the one it is copied from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import sql

from sandbox.local.block import PostgresServer
from settlement.storage.migrate import upgrade


@dataclass(frozen=True)
class Server(PostgresServer):
    """The PostgreSQL to measure on; its admin may ask for checkpoints where it is a superuser."""

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
        self.checkpoint()

    def checkpoint(self) -> None:
        """Writes everything out, as far as the role may ask for it."""
        with (
            psycopg.connect(self.admin, autocommit=True) as connection,
            suppress(psycopg.errors.InsufficientPrivilege),
        ):
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
            return str(connection.info.parameter_status("server_version"))

    def _drop(self, name: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))
