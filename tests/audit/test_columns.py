"""Every column that the worker's role may change: a lie in one is refused, or found, or listed with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Column, Connection, Table, text
from sqlalchemy.exc import DBAPIError

from settlement.audit.catalogue import CHECKS, find
from settlement.audit.settings import settings_known
from settlement.operations.reports.audit import audit
from settlement.rules.calendar import last_cycle_issued_by
from settlement.storage.store import Store
from settlement.storage.tables.kinds import name_of
from settlement.storage.tables.schema import TABLES
from tests.audit.unnoticed import ELSEWHERE, ONLY, OTHER_LIES, UNNOTICED
from tests.support.books import Tampered, tampered
from tests.support.long_history import a_long_history
from tests.support.servers import PostgresForTests
from tests.support.world import World

# A value that is wrong by as little as matters, of the column `$`.
_LIES = {
    "BIGINT": ("coalesce($, 0) + 1",),
    "INTEGER": ("coalesce($, 0) + 1",),
    "SMALLINT": ("coalesce($, 0) + 1",),
    "NUMERIC": ("coalesce($, 0) + 0.0000000001",),
    "BOOLEAN": ("NOT coalesce($, false)",),
    "TEXT": ("coalesce($, '') || 'x'",),
    "CHAR(3)": ("'EUR'",),
    "TIMESTAMP WITH TIME ZONE": (
        "coalesce($, '2026-12-01') + interval '40 days'",
        "coalesce($, '2026-12-01') - interval '2 days'",
    ),
    "DATE": ("coalesce($, '2026-12-01') + 3", "coalesce($, '2026-12-01') - 3"),
    "UUID": ("gen_random_uuid()",),
    "JSONB": ("'{}'",),
    "TEXT[]": ("array_append($, 'x')",),
    "DATE[]": ("array_append($, CAST('2026-12-25' AS date))",),
    "billing_cycle": ("CASE WHEN $ % 100 = 12 THEN $ + 89 ELSE $ + 1 END",),
}
# What found something last is asked first.
_QUESTIONS = list(CHECKS)
# Rows of a table that are lied about one by one.
_ROWS = 6


class Lie(NamedTuple):
    """One UPDATE of one row."""

    column: str
    value: str
    row: str


@pytest.fixture(scope="module")
def history(postgres: PostgresForTests) -> Iterator[tuple[World, str]]:
    """The long history and the URL of its database as the worker's role. Nothing in it may be changed."""
    with postgres.database() as name:
        store = Store(postgres.worker_url(name))
        world = a_long_history(store)
        assert world.violated() == {}
        store.close()
        yield world, postgres.worker_url(name)


@pytest.mark.parametrize("table", [table for table in TABLES if table.name not in ELSEWHERE], ids=str)
def test_a_lie_in_any_column_is_refused_or_found(history: tuple[World, str], table: Table) -> None:
    world, url = history
    with tampered(url) as books:
        tried = {
            column.name: [
                _is_noticed(books, world, table, lie) for lie in _lies(books.connection, table, column)
            ]
            for column in _changeable(books.connection, table)
        }
    assert [name for name, noticed in tried.items() if not noticed] == [], "no row has a value there"
    assert [name for name, noticed in tried.items() if not all(noticed)] == [], "a lie goes unnoticed"


def test_what_is_listed_exists() -> None:
    columns = {f"{table.name}.{column.name}" for table in TABLES for column in table.columns}
    assert {*UNNOTICED, *ONLY, *OTHER_LIES} <= columns
    assert set(ELSEWHERE) <= {table.name for table in TABLES}


def _changeable(tx: Connection, table: Table) -> Iterator[Column[Any]]:
    may = text("SELECT has_column_privilege(:table, :column, 'UPDATE')")
    for column in table.columns:
        names = {"table": table.name, "column": column.name}
        if f"{table.name}.{column.name}" not in UNNOTICED and tx.scalar(may, names):
            yield column


def _lies(tx: Connection, table: Table, column: Column[Any]) -> Iterator[Lie]:
    name, key = f"{table.name}.{column.name}", ", ".join(table.primary_key.columns.keys())
    values = OTHER_LIES.get(name) or [
        *(f"'{value}'" for value in getattr(column.type, "enums", ())),
        *_LIES.get(name_of(column.type), ()),
        *(("NULL",) if column.nullable else ()),
    ]
    for value in values:
        lie = value.replace("$", column.name)
        rows = text(
            f"SELECT CAST(ctid AS text) FROM {table.name} WHERE ({ONLY.get(name, 'true')}) "
            f"AND {column.name} IS DISTINCT FROM {lie} ORDER BY md5(CAST(ROW({key}) AS text)) LIMIT {_ROWS}"
        )
        for row in tx.scalars(rows).all():
            yield Lie(column.name, lie, row)


def _is_noticed(books: Tampered, world: World, table: Table, lie: Lie) -> bool:
    """By a constraint, or by a check that looks into the table."""
    place = books.connection.begin_nested()
    try:
        books.write(f"UPDATE {table.name} SET {lie.column} = {lie.value} WHERE ctid = '{lie.row}'")
        return _is_found(books, world, table)
    except DBAPIError:
        return True
    finally:
        place.rollback()


def _is_found(books: Tampered, world: World, table: Table) -> bool:
    known = {
        "issued_by": last_cycle_issued_by(world.now, world.policy),
        "settings": settings_known(world.policy, at=world.now),
    }
    for place, check in enumerate(_QUESTIONS):
        is_about_it = re.search(rf"\b{table.name}\b", check.faults) is not None
        if is_about_it and find(books.connection, check, at=world.now, **known).count:  # type: ignore[arg-type]
            _QUESTIONS.insert(0, _QUESTIONS.pop(place))
            return True
    # What is left to rules is no single statement.
    is_left = table.name in ("bill", "schedule_slot")
    return is_left and audit(books, at=world.now, policy=world.policy).violations > 0
