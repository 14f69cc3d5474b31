"""The ledger, repayments and fees are only ever added to: no right for the worker, a trigger for everybody.

Rule: R10.1, R11.2.
"""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from settlement.operations.settings_versions import propose
from settlement.storage.tables.schema import APPEND_ONLY

CHANGES = {
    "UPDATE": "UPDATE {table} SET {column} = {column}",
    "DELETE": "DELETE FROM {table}",
    "TRUNCATE": "TRUNCATE {table}",
}


def _said(change: str, table: str) -> str:
    return change.format(table=table, column="set_by" if table == "settings_version" else "account_id")


@pytest.fixture
def booked(world):
    """One row at least in every append-only table."""
    world.open("a", opening_cash="100.00")
    world.fee("a", "30")
    world.at("2026-11-02 04:00").tick()
    propose(world.store, {"billing.issue_day": 2}, by="test")
    for table in APPEND_ONLY:
        assert world.one(f"SELECT count(*) FROM {table}") > 0
    return world


def partitions(url):
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'ledger_transfer'::regclass"
        )
        return [row[0] for row in found]


def attempt(url, statement):
    with psycopg.connect(url) as connection:
        connection.execute(statement)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_workers_role_has_no_right_to_change_what_is_booked(booked, shared_url, table, change):
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
        attempt(shared_url, _said(change, table))


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_trigger_stops_the_owner_too(booked, shared_owner_url, table, change):
    with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
        attempt(shared_owner_url, _said(change, table))


def test_no_partition_of_the_ledger_is_a_way_round(booked, shared_url, shared_owner_url):
    names = partitions(shared_owner_url)
    assert "ledger_transfer_202611" in names
    assert "ledger_transfer_default" in names
    for name in names:
        for change in (*CHANGES.values(), "SELECT * FROM {table}", "INSERT INTO {table} DEFAULT VALUES"):
            with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
                attempt(shared_url, _said(change, name))
        with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
            attempt(shared_owner_url, f"TRUNCATE {name}")
    for change in ("UPDATE", "DELETE"):
        with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
            attempt(shared_owner_url, _said(CHANGES[change], "ledger_transfer_202611"))


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE ledger_transfer",
        "ALTER TABLE ledger_transfer DISABLE TRIGGER append_only",
        "UPDATE currency SET exponent = 0",
        "INSERT INTO alembic_version VALUES ('9999')",
        "CREATE TABLE mine (id int)",
        "SET session_replication_role = replica",
    ],
)
def test_the_workers_role_cannot_take_the_guards_down(booked, shared_url, statement):
    with pytest.raises(errors.InsufficientPrivilege):
        attempt(shared_url, statement)
