"""Real servers for tests: embedded ones, or those that `SETTLE_DATABASE_URL` and `SETTLE_BROKER_URL` name."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from sandbox.local.postgres import OWNER_ROLE, WORKER_ROLE, EmbeddedPostgres
from sandbox.local.valkey import EmbeddedValkey
from settlement.storage.migrate import upgrade

_numbers = itertools.count(1)


@dataclass(frozen=True)
class PostgresForTests:
    """A server on which tests make and drop databases of their own.

    `owner` owns the tables and may create databases; `worker` is the role under test. Both are URLs of some database
    of the server, in which nothing is changed.
    """

    owner: str = field(repr=False)
    worker: str = field(repr=False)
    worker_role: str
    template: str = f"settle_test_{os.getpid()}_template"

    def owner_url(self, database: str) -> str:
        """A database as its owner."""
        return _with_database(self.owner, database)

    def worker_url(self, database: str) -> str:
        """A database as the worker's role."""
        return _with_database(self.worker, database)

    def create_template(self) -> None:
        """Makes the migrated database that all others are copied from."""
        self.drop(self.template)
        self._execute("CREATE DATABASE {}", self.template)
        upgrade(self.owner_url(self.template), worker_role=self.worker_role)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The name of a fresh, migrated database, dropped afterwards."""
        name = f"settle_test_{os.getpid()}_{next(_numbers)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, self.template)
        try:
            yield name
        finally:
            self.drop(name)

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """The name of a fresh database without any table, dropped afterwards."""
        name = f"settle_test_{os.getpid()}_{next(_numbers)}"
        self._execute("CREATE DATABASE {}", name)
        try:
            yield name
        finally:
            self.drop(name)

    def drop(self, database: str) -> None:
        """Drops a database, whoever is connected to it."""
        for _ in range(20):
            try:
                self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)
            except psycopg.errors.InsufficientPrivilege:
                # The server's own autovacuum is looking at it, and may not be ended by us; it is done in a moment.
                time.sleep(0.25)
            else:
                return
        self._execute("DROP DATABASE IF EXISTS {}", database)

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.owner, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def postgres_for_tests(state_dir: Path) -> Iterator[PostgresForTests]:
    """The server of a test session. An embedded one is stopped and deleted afterwards."""
    given = os.environ.get("SETTLE_DATABASE_URL")
    if given:
        owner = os.environ.get("SETTLE_MIGRATION_URL") or given
        server = PostgresForTests(owner, given, os.environ.get("SETTLE_WORKER_ROLE") or WORKER_ROLE)
        server.create_template()
        try:
            yield server
        finally:
            server.drop(server.template)
        return
    embedded = EmbeddedPostgres(state_dir, durable=False)
    try:
        embedded.start()
        with psycopg.connect(embedded.url("postgres", "postgres"), autocommit=True) as connection:
            role = sql.Identifier(OWNER_ROLE)
            connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(role))
            # So that a database is emptied without a look at every foreign key.
            connection.execute(sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(role))
        server = PostgresForTests(embedded.url(OWNER_ROLE), embedded.url(), WORKER_ROLE)
        server.create_template()
        yield server
    finally:
        embedded.destroy()


@contextmanager
def valkey_for_tests(state_dir: Path) -> Iterator[str]:
    """The URL of the broker of a test session. An embedded one is stopped afterwards."""
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
