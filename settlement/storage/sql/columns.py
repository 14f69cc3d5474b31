"""Lists of columns, from the table that has them and the type of row that is filled with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from sqlalchemy import Table


def names_of(row: type[Any]) -> tuple[str, ...]:
    """The fields of a named tuple, or of a dataclass, in their order."""
    named: tuple[str, ...] | None = getattr(row, "_fields", None)
    return named if named is not None else tuple(field.name for field in fields(row))


def columns(table: Table, row: type[Any], alias: str = "", **computed: str) -> str:
    """What to SELECT to fill such a row: the columns named like its fields, of the table under its alias.

    `computed`: what stands in the place of fields that are no column, or not as they are kept.

    Raises:
        KeyError: a field is no column. Statements are made when their module is read, so no process starts with it.
    """
    return ", ".join(_expressions(table, row, f"{alias}." if alias else "", computed))


def _expressions(table: Table, row: type[Any], prefix: str, computed: dict[str, str]) -> Iterator[str]:
    for name in names_of(row):
        yield computed[name] if name in computed else prefix + table.c[name].name
