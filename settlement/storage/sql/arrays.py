"""PostgreSQL array literals: one parameter per column, however many rows.

Built by joining strings, since the driver's own adaptation looks at every element and costs more than the rest of a
settlement together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any


def plain_array(values: Sequence[Any]) -> str:
    """`{1,2,NULL}`, for what is never written with a quote, comma, brace or backslash: numbers, instants, UUIDs."""
    if None in values:
        return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"
    return "{" + ",".join(map(str, values)) + "}"


def id_array(ids: Iterable[int]) -> str:
    """Whole numbers as a literal, for `CAST(:ids AS bigint[])`."""
    return "{" + ",".join(map(str, ids)) + "}"


def text_array(values: Iterable[str | None]) -> str:
    """Text as a literal, for `CAST(:names AS text[])`; it may hold anything, and None is NULL."""
    return "{" + ",".join(_quoted(values)) + "}"


def _quoted(values: Iterable[str | None]) -> Iterator[str]:
    for value in values:
        if value is None:
            yield "NULL"
        elif '"' in value or "\\" in value:
            yield '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        else:
            yield f'"{value}"'
