"""COPY in text form: the fastest way into PostgreSQL, one statement for any number of rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table

from settlement.storage.sql.columns import names_of
from settlement.storage.store import driver_cursor

_NULL = "\\N"
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


def lines(rows: Sequence[Any], nullable: Sequence[int], *constant: Any) -> str:
    """The rows as COPY reads them: tabs between values, a newline after each row. `nullable`: places of None.

    They are joined as if nothing needed care but those, which is so nearly always, and what came out is counted.
    """
    end = "".join(f"\t{_escaped(value)}" for value in constant).replace("%", "%%")
    template = "\t".join(["%s"] * len(rows[0])) + end + "\n"
    nulls = sum([row[no] for row in rows].count(None) for no in nullable)
    joined = "".join(map(template.__mod__, (_with_nulls(row, nullable) for row in rows) if nulls else rows))
    counts = (
        joined.count("\t"),
        joined.count("\n"),
        joined.count("\\"),
        joined.count("\r"),
        joined.count("None"),
    )
    if counts == (len(rows) * template.count("\t"), len(rows), nulls, 0, 0):
        return joined
    return "".join(template % tuple(map(_escaped, row)) for row in rows)


def _with_nulls(row: Sequence[Any], nullable: Sequence[int]) -> tuple[Any, ...]:
    values = list(row)
    for no in nullable:
        if values[no] is None:
            values[no] = _NULL
    return tuple(values)


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(_ESCAPES) if _SPECIAL.search(value) else value
    return _NULL if value is None else value
