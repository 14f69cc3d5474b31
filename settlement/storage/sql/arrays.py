"""PostgreSQL array literals: one parameter per column, however many rows.

Built by joining strings, since the driver's own adaptation looks at every element and costs more than the rest of a
settlement together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

# Kinds whose text form never holds a quote, comma, brace or backslash.
_PLAIN = frozenset(
    {
        "bigint",
        "integer",
        "smallint",
        "numeric",
        "boolean",
        "date",
        "timestamptz",
        "uuid",
        "bill_state",
        "inbox_state",
    }
)


def array_literal(values: Sequence[Any], kind: str) -> str:
    """`{1,2,3}` for a column of this kind; None is NULL."""
    if kind in _PLAIN:
        if None in values:
            return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"
        return "{" + ",".join(map(str, values)) + "}"
    return "{" + ",".join(_quoted(values)) + "}"


def _quoted(values: Iterable[str | None]) -> Iterable[str]:
    for value in values:
        if value is None:
            yield "NULL"
        elif '"' in value or "\\" in value:
            yield '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        else:
            yield f'"{value}"'


def id_array(ids: Iterable[int]) -> str:
    """Whole numbers as a literal, for `CAST(:ids AS bigint[])`."""
    return "{" + ",".join(map(str, ids)) + "}"


def text_array(values: Sequence[str]) -> str:
    """Names as a literal for `CAST(:names AS text[])`."""
    return array_literal(values, "text")
