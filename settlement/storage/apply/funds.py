"""Writes cards, credit refunds and coupons: new ones, and what is left of those known. Every kind in the same way."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from settlement.model.funds import FUND_CLASSES, STORED
from settlement.model.rows.funds import FundRows, FundValue, NewFund
from settlement.storage.sql.columns import names_of
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.kinds import BIGINT
from settlement.storage.tables.schema import TABLES

_TABLES = {table.name: table for table in TABLES}
# A fund is made of its table's columns.
_COLUMNS = {source: names_of(FUND_CLASSES[source]) for source in STORED}
_NEW = {
    source: from_rows(
        _TABLES[stored.table],
        _COLUMNS[source],
        f"INSERT INTO {stored.table} ($columns) SELECT $columns FROM $v",
    )
    for source, stored in STORED.items()
}
# Those loaded have something left; the condition lets an index of such find them.
_BALANCES = {
    source: from_rows(
        _TABLES[stored.table],
        FundValue,
        f"""UPDATE {stored.table} f SET {stored.balance} = v.balance_minor
            FROM $v WHERE f.account_id = v.account_id AND f.id = v.id AND f.account_id BETWEEN :first AND :last
              AND f.{stored.balance} > 0""",
        kinds={"balance_minor": BIGINT},
    )
    for source, stored in STORED.items()
}


def apply_funds(tx: Connection, rows: FundRows) -> None:
    """At most two statements per table."""
    for source in STORED:
        write(tx, _NEW[source], [_columns(new) for new in rows.new.get(source, ())])
        write(tx, _BALANCES[source], rows.values.get(source, ()))


def _columns(new: NewFund) -> tuple[Any, ...]:
    """The fund with the balance that it has afterwards; names that a card pays for as a list."""
    source = new.fund.source
    values = {name: getattr(new.fund, name) for name in _COLUMNS[source]}
    values[STORED[source].balance] = new.balance_minor
    return tuple(sorted(value) if isinstance(value, frozenset) else value for value in values.values())
