"""Servers for as long as a block runs: those that the environment names, else embedded ones that end with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg

from sandbox.local.postgres import OWNER_ROLE, SUPERUSER, WORKER_ROLE, EmbeddedPostgres
from sandbox.local.valkey import EmbeddedValkey


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL on which databases are made and dropped, by URLs of some database of it, which is left as it is.

    `admin` may create databases, and is the superuser of an embedded server; `owner` owns the tables; `worker` is the
    role that works in them.
    """

    admin: str = field(repr=False)
    owner: str = field(repr=False)
    worker: str = field(repr=False)
    owner_role: str
    worker_role: str
    # Do its processes run here, so that their CPU time can be read.
    embedded: bool

    @classmethod
    @contextmanager
    def opened(cls, state_dir: Path, *, durable: bool = True) -> Iterator[Self]:
        """The server that `SETTLE_DATABASE_URL` names, or an embedded one in `state_dir`, deleted afterwards.

        Of a named one `SETTLE_MIGRATION_URL` is the owner, who has to be allowed to create databases.
        """
        given = os.environ.get("SETTLE_DATABASE_URL")
        if given:
            owner = os.environ.get("SETTLE_MIGRATION_URL") or given
            with psycopg.connect(owner) as connection:
                owner_role = connection.info.user
            worker_role = os.environ.get("SETTLE_WORKER_ROLE") or WORKER_ROLE
            yield cls(owner, owner, given, owner_role, worker_role, embedded=False)
            return
        server = EmbeddedPostgres(state_dir, durable=durable)
        try:
            server.start()
            admin = server.url(SUPERUSER, "postgres")
            yield cls(admin, server.url(OWNER_ROLE), server.url(), OWNER_ROLE, WORKER_ROLE, embedded=True)
        finally:
            server.destroy()

    def admin_url(self, database: str) -> str:
        """A database as the most powerful role there is."""
        return _with_database(self.admin, database)

    def owner_url(self, database: str) -> str:
        """A database as its owner."""
        return _with_database(self.owner, database)

    def worker_url(self, database: str) -> str:
        """A database as the worker's role."""
        return _with_database(self.worker, database)


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
    # An empty host, as of a socket, must keep its two slashes.
    return urlunsplit(parts._replace(path=f"/{database}")).replace(
        f"{parts.scheme}:///", f"{parts.scheme}://@/", 1
    )
