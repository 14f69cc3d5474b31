"""COPY in text form: the fastest way into PostgreSQL, one statement for any number of rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table

from settlement.storage.sql.arrays import each_once
from settlement.storage.sql.columns import names_of
from settlement.storage.store import driver_cursor

_NULL = "\\N"
# Kinds of which equal values are written alike; 1 and True are not in one column.
_ONES = (int, str, bool)
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_rows(tx: Connection, table: Table, row: type[Any], rows: Sequence[Any], **constant: Any) -> None:
    """Appends rows, whose fields are columns of the table, with the same `constant` values in further ones.

    Does nothing without rows. Text may hold anything; None is NULL; a column of lists has no place here.
    """
    if not rows:
        return
    names = names_of(row)
    nullable = [no for no, name in enumerate(names) if table.c[name].nullable]
    columns = ", ".join(table.c[name].name for name in (*names, *constant))
    with driver_cursor(tx) as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
        copy.write(lines(rows, nullable, *constant.values()))


def lines(rows: Sequence[Any], nullable: Collection[int], *constant: Any) -> str:
    """The rows as COPY reads them: tabs between values, a newline after each row. `nullable`: places of None.

    They are joined as if nothing needed care but those, which is so nearly always, and what came out is counted.
    """
    columns = list(zip(*rows, strict=True))
    nulls = sum(columns[no].count(None) for no in nullable)
    texts = [_texts(values, is_nullable=no in nullable) for no, values in enumerate(columns)]
    texts += [[value if isinstance(value, str) else str(value)] * len(rows) for value in constant]
    try:
        joined = "\n".join(map("\t".join, zip(*texts, strict=True))) + "\n"
    except TypeError:
        # None where none is expected, among text.
        return _careful_lines(rows, constant)
    counts = (
        joined.count("\t"),
        joined.count("\n"),
        joined.count("\\"),
        joined.count("\r"),
        joined.count("None"),
    )
    if counts == (len(rows) * (len(texts) - 1), len(rows), nulls, 0, 0):
        return joined
    return _careful_lines(rows, constant)


def _texts(values: Sequence[Any], *, is_nullable: bool) -> Iterable[str]:
    """A column as text. Of instants and days a set has few, and they take long to write: each is written once."""
    some = next((value for value in values if value is not None), None) if is_nullable else values[0]
    if _is_one(values):
        return [_NULL if values[0] is None else str(values[0])] * len(values)
    if isinstance(some, UUID):
        # The digits alone, which PostgreSQL reads as well and which take half as long.
        return [_NULL if value is None else value.hex for value in values]
    if isinstance(some, date):
        return each_once(values, lambda value: _NULL if value is None else str(value))
    if is_nullable and None in values:
        return [_NULL if value is None else str(value) for value in values]
    return values if isinstance(some, str) else map(str, values)


def _is_one(values: Sequence[Any]) -> bool:
    """Is it one value all the way down? Amounts that are equal may be written with other zeros, and are not asked."""
    one = values[0]
    return (one is None or type(one) in _ONES) and one == values[-1] and values.count(one) == len(values)


def _careful_lines(rows: Sequence[Any], constant: Sequence[Any]) -> str:
    template = "\t".join(["%s"] * (len(rows[0]) + len(constant))) + "\n"
    return "".join(template % tuple(map(_escaped, (*row, *constant))) for row in rows)


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(_ESCAPES) if _SPECIAL.search(value) else value
    return _NULL if value is None else value
