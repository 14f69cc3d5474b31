"""One database for many tests, emptied before each: making a database costs a second or more on a busy machine.

Tests that change the schema, or that need two databases, ask for `database_url` instead.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from settlement.storage.migrate import APPEND_ONLY
from tests.support.servers import PostgresForTests
from tests.support.world import World

# Children before parents.
_TABLES = (
    "quarantine", "unified_line", "unified_settlement", "bill_payment", "billing_relationship",
    "ledger_transfer", "repayment_line", "repayment", "outbox", "schedule_slot", "run_range", "run", "inbox",
    "reconciliation_difference", "reconciliation", "gateway_event", "gateway_pace", "pre_authorization", "charge_line",
    "gateway_refund", "charge_attempt", "collecting", "payment_method", "payment_term", "credit_watch", "coupon",
    "test_clock", "write_off_hold", "stored_value_card", "credit_refund", "bill_line", "bill", "fee_import_repeat",
    "fee", "fee_import", "account",
)  # fmt: skip


@pytest.fixture(scope="session")
def shared_database(postgres: PostgresForTests) -> Iterator[str]:
    """The name of the database that tests take turns with."""
    with postgres.database() as name:
        yield name


@pytest.fixture
def shared_owner_url(postgres: PostgresForTests, shared_database: str) -> str:
    """That database, emptied, as the owner of its tables."""
    url = postgres.owner_url(shared_database)
    with psycopg.connect(url) as connection:
        for table in APPEND_ONLY:
            connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
        for table in _TABLES:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        for table in APPEND_ONLY:
            connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table)))
        for table in ("inbox", "run", "outbox"):
            connection.execute(
                sql.SQL("ALTER TABLE {} ALTER COLUMN id RESTART").format(sql.Identifier(table))
            )
    return url


@pytest.fixture
def shared_url(postgres: PostgresForTests, shared_database: str, shared_owner_url: str) -> str:
    """That database, emptied, as the worker's role."""
    return postgres.worker_url(shared_database)


@pytest.fixture
def world(shared_url: str) -> Iterator[World]:
    """An empty deployment, early in October 2026."""
    it = World(shared_url)
    yield it
    it.store.close()
