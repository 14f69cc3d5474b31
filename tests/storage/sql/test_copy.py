"""Rows that are copied mean to PostgreSQL what they were made from, whatever their text holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, text

from settlement.storage.sql.copy import copy_rows, lines
from settlement.storage.tables import kinds
from tests.support.hostile_text import ANY_TEXT, QUICK
from tests.support.world import statements

COPIED = Table(
    "copied",
    MetaData(),
    Column("no", kinds.BIGINT, nullable=False),
    Column("value", kinds.TEXT, nullable=True),
    Column("name", kinds.TEXT, nullable=False),
    Column("amount", kinds.NUMERIC, nullable=True),
    Column("key", kinds.UUID, nullable=True),
    Column("at", kinds.TIMESTAMPTZ, nullable=True),
    Column("day", kinds.DATE, nullable=True),
    Column("is_so", kinds.BOOLEAN, nullable=True),
)
AT = datetime(2026, 10, 31, 23, 59, 59, 999999, UTC)
KEY = UUID("12345678-1234-5678-1234-567812345678")


class Texts(NamedTuple):
    no: int
    value: str | None
    name: str


class Everything(NamedTuple):
    no: int
    value: str | None
    name: str
    amount: Decimal | None
    key: UUID | None
    at: datetime | None
    day: date | None
    is_so: bool | None


@pytest.fixture
def tx(world):
    with world.store.transaction() as tx:
        tx.execute(
            text("""CREATE TEMPORARY TABLE copied (no bigint NOT NULL, value text, name text NOT NULL, amount numeric,
                    key uuid, at timestamptz, day date, is_so boolean) ON COMMIT DROP""")
        )
        yield tx


def rows_of(tx, row: type[Any]) -> list[Any]:
    found = tx.execute(text(f"SELECT {', '.join(row._fields)} FROM copied ORDER BY no"))
    return [row(*values) for values in found]


@QUICK
@given(values=st.lists(st.tuples(st.one_of(ANY_TEXT, st.none()), ANY_TEXT), min_size=1, max_size=6))
def test_copied_text_means_what_it_was_made_from(tx, values):
    rows = [Texts(no, value, name) for no, (value, name) in enumerate(values)]
    tx.execute(text("DELETE FROM copied"))
    copy_rows(tx, COPIED, Texts, rows)
    assert rows_of(tx, Texts) == rows


@pytest.mark.parametrize("name", ["plain", "with a \\ and a \t"])
def test_every_kind_of_value_arrives_as_it_is(tx, name):
    rows = [
        Everything(1, "v", name, Decimal("-0.000000000000000000000000000001"), KEY, AT, AT.date(), True),
        Everything(2, "v", name, Decimal("1E+17"), KEY, AT, AT.date(), False),
        Everything(3, None, name, None, None, None, None, None),
    ]
    copy_rows(tx, COPIED, Everything, rows)
    assert rows_of(tx, Everything) == rows


@pytest.mark.parametrize("name", ["plain", "with a \\ and a \t"])
def test_instants_that_repeat_and_are_missing_arrive_in_their_rows(tx, name):
    instants = [None, AT, AT - timedelta(1), None, AT.astimezone(ZoneInfo("Asia/Shanghai")), AT]
    rows = [
        Everything(no, None, name, None, None, at, at and at.date(), None) for no, at in enumerate(instants)
    ]
    copy_rows(tx, COPIED, Everything, rows)
    assert rows_of(tx, Everything) == rows


@pytest.mark.parametrize("value", ["v", "\\N", "None", "\t", "", None])
@pytest.mark.parametrize("is_so", [True, None])
def test_values_that_are_the_same_in_all_rows_arrive_as_they_are(tx, value, is_so):
    rows = [
        Everything(7, value, "n", Decimal(amount), KEY, AT, AT.date(), is_so)
        for amount in ("1.0", "1.00", "1.0")
    ]
    copy_rows(tx, COPIED, Everything, rows)
    assert rows_of(tx, Everything) == rows
    amounts = tx.scalars(text("SELECT CAST(amount AS text) FROM copied"))
    assert sorted(amounts) == ["1.0", "1.0", "1.00"]


@pytest.mark.parametrize("constant", ["plain", "100 %", "%s", "\\", "\t"])
def test_a_constant_stands_in_every_row(tx, constant):
    class Numbers(NamedTuple):
        no: int

    copy_rows(tx, COPIED, Numbers, [Numbers(1), Numbers(2)], name=constant, at=AT)
    assert tx.execute(text("SELECT no, name, at FROM copied ORDER BY no")).all() == [
        (1, constant, AT),
        (2, constant, AT),
    ]


def test_without_rows_nothing_is_sent(world):
    with statements(world.store) as sent, world.store.transaction() as tx:
        copy_rows(tx, COPIED, Texts, [])
    assert "COPY" not in sent


def test_what_may_not_be_empty_is_not_filled_with_a_word(tx):
    """The table of the test allows what its description does not: None is NULL all the same, and never `None`."""
    tx.execute(text("ALTER TABLE copied ALTER COLUMN name DROP NOT NULL"))
    copy_rows(tx, COPIED, Texts, [(1, "v", None)])
    assert tx.scalar(text("SELECT name IS NULL FROM copied"))


def test_a_field_that_is_no_column_is_refused(tx):
    class Misspelt(NamedTuple):
        number: int

    with pytest.raises(KeyError, match="number"):
        copy_rows(tx, COPIED, Misspelt, [Misspelt(1)])


def test_the_quick_way_and_the_careful_way_write_the_same():
    rows = [(1, "a", 2.5), (2, "b", 3)]
    careful = lines([*rows, (3, "\\", 4)], (), "c")
    assert careful.startswith(lines(rows, (), "c"))
    assert lines([(1, None)], (1,)) == "1\t\\N\n"
