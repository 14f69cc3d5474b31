"""Real servers for tests: embedded ones, or those that `SETTLE_DATABASE_URL` and `SETTLE_BROKER_URL` name."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from sandbox.local.block import PostgresServer
from settlement.storage.migrate import upgrade

_numbers = itertools.count(1)


@dataclass(frozen=True)
class PostgresForTests(PostgresServer):
    """A server on which tests make and drop databases of their own."""

    template: str = f"settle_test_{os.getpid()}_template"

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
    with PostgresForTests.opened(state_dir, durable=False) as server:
        if server.embedded:
            with psycopg.connect(server.admin, autocommit=True) as connection:
                role = sql.Identifier(server.owner_role)
                connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(role))
                # So that a database is emptied without a look at every foreign key.
                connection.execute(
                    sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(role)
                )
        server.create_template()
        try:
            yield server
        finally:
            if not server.embedded:
                server.drop(server.template)
