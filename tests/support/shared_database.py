"""One database for many tests, emptied before each: making a database costs a second or more on a busy machine.

Tests that change the schema, or that need two databases, ask for `database_url` instead.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from settlement.storage.store import Store
from settlement.storage.tables.schema import APPEND_ONLY, FIXED, TABLES
from tests.support.servers import PostgresForTests
from tests.support.world import World

# Children before parents.
_EMPTIED = tuple(table for table in reversed(TABLES) if table.name not in FIXED)


@pytest.fixture(scope="session")
def shared_database(postgres: PostgresForTests) -> Iterator[str]:
    """The name of the database that tests take turns with."""
    with postgres.database() as name:
        yield name


@pytest.fixture(scope="session")
def emptying(postgres: PostgresForTests, shared_database: str) -> Iterator[psycopg.Connection]:
    """The owner's connection that empties it, kept from test to test."""
    with psycopg.connect(
        postgres.owner_url(shared_database), autocommit=True, options="-c lock_timeout=20s"
    ) as it:
        yield it


@pytest.fixture
def shared_owner_url(postgres: PostgresForTests, shared_database: str, emptying: psycopg.Connection) -> str:
    """That database, emptied, as the owner of its tables."""
    empty(emptying)
    return postgres.owner_url(shared_database)


def empty(connection: psycopg.Connection) -> None:
    """Takes out every row, without triggers and foreign keys where the role may do so, and by leave of each table's
    trigger where not.
    """
    may = connection.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')").fetchone()
    if may == (True,):
        before, after = ["SET LOCAL session_replication_role = replica"], []
    else:
        before = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in APPEND_ONLY]
        after = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in APPEND_ONLY]
    deletes = [f"DELETE FROM {table.name}" for table in _EMPTIED]
    numbers = [
        f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), 1, false)"
        for table in _EMPTIED
        for column in table.columns
        if column.identity
    ]
    with connection.transaction():
        connection.execute("; ".join([*before, *deletes, *after, *numbers]).encode())


@pytest.fixture
def owner(shared_owner_url: str) -> Iterator[Store]:
    """A connection to that database as the owner of its tables."""
    store = Store(shared_owner_url, pool_size=1)
    yield store
    store.close()


@pytest.fixture
def shared_url(postgres: PostgresForTests, shared_database: str, shared_owner_url: str) -> str:
    """That database, emptied, as the worker's role."""
    return postgres.worker_url(shared_database)


@pytest.fixture(scope="session")
def shared_store(postgres: PostgresForTests, shared_database: str) -> Iterator[Store]:
    """Its connections, kept from test to test: each new store has to get to know every statement anew."""
    store = Store(postgres.worker_url(shared_database), pool_size=5)
    yield store
    store.close()


@pytest.fixture
def world(shared_url: str, shared_store: Store) -> World:
    """An empty deployment, early in October 2026."""
    return World(shared_store)
