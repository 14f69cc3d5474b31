"""Rows as the parameters of one statement: kinds and lists of columns come from the table."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, text

from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables import kinds
from tests.support.hostile_text import ANY_TEXT, QUICK

STATE = kinds.enum("bill_state", Any)
KEPT = Table(
    "kept",
    MetaData(),
    Column("account_id", kinds.BIGINT, nullable=False),
    Column("no", kinds.INTEGER, primary_key=True),
    Column("cycle", kinds.CYCLE),
    Column("name", kinds.TEXT),
    Column("state", STATE),
    Column("names", kinds.TEXTS),
    Column("days", kinds.DATES),
)


class Row(NamedTuple):
    account_id: int
    no: int
    cycle: int | None
    name: str | None
    state: str | None
    names: list[str] | None
    days: list[date] | None


class Name(NamedTuple):
    account_id: int
    no: int
    name: str | None
    shout: bool


KEEP = from_rows(
    KEPT,
    Row,
    "INSERT INTO kept ($columns) SELECT $columns FROM $v ON CONFLICT (no) DO UPDATE SET $excluded",
)
RENAME = from_rows(
    KEPT,
    Name,
    "UPDATE kept k SET $set FROM $v WHERE k.no = v.no AND k.account_id BETWEEN :first AND :last",
    kinds={"shout": kinds.BOOLEAN},
    name="CASE WHEN v.shout THEN upper(v.name) ELSE v.name END",
)
ROWS = [
    Row(7, 1, 202610, "a", "settled", ["x", "y,z", '"\\"'], [date(2026, 12, 24), date(2026, 12, 25)]),
    Row(8, 2, None, None, None, None, None),
    Row(9, 3, 202611, "", "accruing", [], []),
]


@pytest.fixture
def tx(world):
    with world.store.transaction() as tx:
        tx.execute(
            text("""CREATE TEMPORARY TABLE kept (account_id bigint NOT NULL, no integer PRIMARY KEY,
                    cycle billing_cycle, name text, state bill_state, names text[], days date[]) ON COMMIT DROP""")
        )
        yield tx


def kept(tx) -> list[Row]:
    return [Row(*row) for row in tx.execute(text(f"SELECT {', '.join(Row._fields)} FROM kept ORDER BY no"))]


def test_rows_arrive_as_they_are_lists_included(tx):
    assert write(tx, KEEP, ROWS) == 3
    assert kept(tx) == ROWS


def test_a_conflict_replaces_all_but_the_key_and_the_account(tx):
    write(tx, KEEP, ROWS)
    later = Row(70, 1, 202612, "b", "unsettled", ["p"], [])
    assert write(tx, KEEP, [later]) == 1
    assert kept(tx)[0] == later._replace(account_id=7)


def test_set_takes_what_is_assigned_and_leaves_out_what_is_no_column(tx):
    write(tx, KEEP, ROWS)
    assert write(tx, RENAME, [Name(7, 1, "loud", True), Name(9, 3, "soft", False)]) == 2
    assert [row.name for row in kept(tx)] == ["LOUD", None, "soft"]
    assert [row.cycle for row in kept(tx)] == [202610, None, 202611]


def test_the_bounds_are_those_of_the_accounts(tx):
    write(tx, KEEP, ROWS)
    assert write(tx, RENAME, [Name(1, 1, "out of bounds", False)]) == 0


def test_without_rows_nothing_is_done(tx):
    assert write(tx, KEEP, []) == 0


@QUICK
@given(names=st.lists(st.lists(ANY_TEXT, max_size=3), min_size=1, max_size=4))
def test_lists_of_any_text_arrive_as_they_are(tx, names):
    rows = [Row(1, no, None, None, None, some, None) for no, some in enumerate(names)]
    tx.execute(text("DELETE FROM kept"))
    write(tx, KEEP, rows)
    assert kept(tx) == rows


def test_a_field_that_is_no_column_is_refused_when_the_module_is_read():
    class Misspelt(NamedTuple):
        number: int

    with pytest.raises(KeyError, match="number"):
        from_rows(KEPT, Misspelt, "SELECT $columns FROM $v")
