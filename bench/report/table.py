"""A table of results, and what most of them say of their figures."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple


class Table(NamedTuple):
    """What a table says; its title begins with what it is about, and ends with where and when it was measured."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def as_markdown(table: Table) -> str:
    """The title, an empty line, and the table."""
    lines = [table.title, "", *(f"| {' | '.join(row)} |" for row in (table.columns, *table.rows)), ""]
    lines.insert(3, "|" + "---|" * len(table.columns))
    return "\n".join(lines)


def median(values: list[float]) -> str:
    """With the lowest and the highest behind it."""
    return f"{statistics.median(values):.2f} ({_spread(values)})" if values else "–"


def _spread(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def where(section: dict[str, Any]) -> str:
    """On what a section was measured and when, and how busy that was."""
    machine = section["machine"]
    words = (
        f"{machine['cores']} cores, {machine['cpu']}, PostgreSQL {machine['postgresql']}, "
        f"{machine['measured_at'][:10]}"
    )
    if "load_average_before" not in machine:
        return words
    return (
        f"{words}, load {machine['load_average_before']:g} before and {machine['load_average_after']:g} after"
    )
