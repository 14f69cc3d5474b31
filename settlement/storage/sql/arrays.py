"""PostgreSQL array literals: one parameter per column, however many rows.

Built by joining strings, since the driver's own adaptation looks at every element and costs more than the rest of a
settlement together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

V = TypeVar("V")


def plain_array(values: Sequence[Any]) -> str:
    """`{1,2,NULL}`, for what is never written with a quote, comma, brace or backslash: numbers, UUIDs."""
    # None of them is written with these letters either.
    return f"{{{','.join(map(str, values))}}}".replace("None", "NULL")


def few_array(values: Sequence[Any]) -> str:
    """The same for instants, days, words and the like, of which a set has few different ones: each is written once."""
    return f"{{{','.join(each_once(values, lambda value: 'NULL' if value is None else str(value)))}}}"


def id_array(ids: Iterable[int]) -> str:
    """Whole numbers as a literal, for `CAST(:ids AS bigint[])`."""
    return "{" + ",".join(map(str, ids)) + "}"


def text_array(values: Iterable[str | None]) -> str:
    """Text as a literal, for `CAST(:names AS text[])`; it may hold anything, and None is NULL."""
    return f"{{{','.join(each_once(list(values), _quoted))}}}"


def each_once(values: Collection[V], write: Callable[[V], str]) -> Iterator[str]:
    """The values as text, in their order; of those that are equal one is written, with `write`."""
    written = {value: write(value) for value in set(values)}
    return map(written.__getitem__, values)


def _quoted(value: str | None) -> str:
    if value is None:
        return "NULL"
    if '"' in value or "\\" in value:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f'"{value}"'
