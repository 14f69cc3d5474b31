"""PostgreSQL array literals: one parameter per column, however many rows.

Built by joining strings, since the driver's own adaptation looks at every element and costs more than the rest of a
settlement together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def plain_array(values: Sequence[Any]) -> str:
    """`{1,2,NULL}`, for what is never written with a quote, comma, brace or backslash: numbers, UUIDs."""
    # None of them is written with these letters either.
    return f"{{{','.join(map(str, values))}}}".replace("None", "NULL")


def few_array(values: Sequence[Any]) -> str:
    """The same for instants, days, words and the like, of which a set has few different ones: each is written once."""
    written = {value: "NULL" if value is None else str(value) for value in set(values)}
    return f"{{{','.join(map(written.__getitem__, values))}}}"


def id_array(ids: Iterable[int]) -> str:
    """Whole numbers as a literal, for `CAST(:ids AS bigint[])`."""
    return "{" + ",".join(map(str, ids)) + "}"


def text_array(values: Iterable[str | None]) -> str:
    """Text as a literal, for `CAST(:names AS text[])`; it may hold anything, and None is NULL."""
    listed = list(values)
    quoted = {value: _quoted(value) for value in set(listed)}
    return f"{{{','.join(map(quoted.__getitem__, listed))}}}"


def _quoted(value: str | None) -> str:
    if value is None:
        return "NULL"
    if '"' in value or "\\" in value:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f'"{value}"'
