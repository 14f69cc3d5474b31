"""A field of a noun, and what a list of them makes of a row: an object, cells of a table, a line of CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Generic, NamedTuple, TypeVar

from interfaces.fields.values import Json, csv_cell, text

T = TypeVar("T")


class Column(NamedTuple):
    """A column of a table. Figures stand to the right."""

    name: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """One thing that is presented of a noun.

    `key` is its name in JSON, `title` its heading in a table, `column` its name in CSV; it is left out where that is
    empty. `read` takes the value out of a row; `seen` is read instead where people are shown something else.
    Figures stand to the `right`; the currency of a `bare` one is in a column of its own. Where the value is several,
    its `parts` are the columns of a list's CSV in its place.
    """

    key: str
    title: str
    read: Callable[[T], Json]
    seen: Callable[[T], Json] | None = None
    right: bool = False
    bare: bool = False
    column: str = ""
    parts: Sequence[Field[T]] = ()

    def cell(self, row: T, zone: tzinfo) -> str:
        """The value for people."""
        return text((self.seen or self.read)(row), zone, bare=self.bare)


Fields = Sequence[Field[T]]


def figure(
    key: str,
    title: str,
    read: Callable[[T], Json],
    seen: Callable[[T], Json] | None = None,
    *,
    bare: bool = False,
    column: str = "",
) -> Field[T]:
    """A field that stands to the right."""
    return Field(key, title, read, seen, right=True, bare=bare, column=column)


def as_object(fields: Fields[T], row: T) -> dict[str, Json]:
    """A row for programs."""
    return {field.key: field.read(row) for field in fields if field.key}


def as_objects(fields: Fields[T], rows: Iterable[T]) -> list[dict[str, Json]]:
    """Rows for programs."""
    return [as_object(fields, row) for row in rows]


def columns(fields: Fields[T]) -> list[Column]:
    """The columns of a table."""
    return [Column(field.title, field.right) for field in fields if field.title]


def cells(fields: Fields[T], row: T, zone: tzinfo) -> list[str]:
    """A row of a table."""
    return [field.cell(row, zone) for field in fields if field.title]


def csv_header(fields: Fields[T]) -> list[str]:
    """The first line of a CSV file."""
    return [field.column for field in fields if field.column]


def csv_line(fields: Fields[T], row: T) -> list[object]:
    """A row as a line of a CSV file."""
    return [csv_cell(field.read(row)) for field in fields if field.column]
