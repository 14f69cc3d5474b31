"""COPY in text form: the fastest way into PostgreSQL, one statement for any number of rows."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from settlement.storage.store import driver_cursor

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def escape(value: str) -> str:
    """Text that may hold anything, as COPY wants it. Values made here (numbers, causes, currencies) need none."""
    if "\\" in value or "\t" in value or "\n" in value or "\r" in value:
        return value.translate(_ESCAPES)
    return value


def copy_rows(tx: Connection, table_and_columns: str, lines: Iterable[str]) -> None:
    """Appends rows given as tab-separated lines, each ending with a newline. Does nothing without lines.

    `table_and_columns` is written in the code, never taken from input.
    """
    data = "".join(lines)
    if not data:
        return
    with driver_cursor(tx) as cursor, cursor.copy(f"COPY {table_and_columns} FROM STDIN") as copy:
        copy.write(data)
