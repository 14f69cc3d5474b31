"""Any number of rows as the parameters of one statement: an array per column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, text

from settlement.storage.sql.arrays import array_literal


class Statement(NamedTuple):
    """SQL over `v`, a table of parameters, with the kind of each of its columns.

    Most also name the bounds of the account (of the first column where there is none), `:first` and `:last`: with them
    PostgreSQL goes by the index and not through the whole table.
    """

    clause: TextClause
    columns: dict[str, str]


def from_rows(statement: str, **columns: str) -> Statement:
    """A statement over `v`: one array per column, of the kind named."""
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items())
    return Statement(text(statement.replace("$v", f"unnest({arrays}) AS v ({', '.join(columns)})")), columns)


def parameters(columns: dict[str, str], rows: Sequence[Any]) -> dict[str, Any]:
    """One array literal per column."""
    return {
        name: array_literal(values, kind)
        for (name, kind), values in zip(columns.items(), zip(*rows, strict=True), strict=True)
    }


def write(tx: Connection, statement: Statement, rows: Sequence[Any], **more: Any) -> int:
    """Runs the statement over the rows, if there are any. Returns how many rows of the table it met."""
    if not rows:
        return 0
    clause, columns = statement
    place = list(columns).index("account_id") if "account_id" in columns else 0
    ids = [row[place] for row in rows if row[place] is not None] or [0]
    return tx.execute(
        clause, parameters(columns, rows) | {"first": min(ids), "last": max(ids)} | more
    ).rowcount
