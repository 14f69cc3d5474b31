"""Printing: tables with rules and colour on a terminal, plain aligned text in a pipe, JSON when requested.

Results go to standard output; remarks, progress and failures to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Annotated, TextIO, TypeVar

import typer

from interfaces.cli.arguments import to_number
from interfaces.fields.field import Column, Fields, as_objects, cells, columns
from interfaces.fields.values import Json, json_text

T = TypeVar("T")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
AfterOption = Annotated[
    int | None, typer.Option(parser=to_number, metavar="NUMBER", help="Continue after this number.")
]
LimitOption = Annotated[int, typer.Option(min=1, max=10_000, help="Rows on a page.")]


def print_json(value: Json) -> None:
    """One JSON document on standard output."""
    print(json_text(value))


def print_page(
    name: str,
    fields: Fields[T],
    found: Sequence[T],
    zone: tzinfo,
    *,
    limit: int,
    as_json: bool,
    cursor: Callable[[T], Json] | None = None,
    more: Mapping[str, Json] | None = None,
) -> None:
    """A page of a listing, called `name` in JSON. A row beyond `limit` means that there is a next page.

    The first field names a row, so its value in the last one is what to go on after, unless `cursor` gives another.
    `more`: what JSON says besides.
    """
    page = found[:limit]
    following = (cursor or fields[0].seen or fields[0].read)(page[-1]) if len(found) > limit else None
    if as_json:
        print_json({name: as_objects(fields, page), "next": following, **(more or {})})
        return
    print_rows(fields, page, zone)
    print_next(following)


def print_rows(fields: Fields[T], rows: Iterable[T], zone: tzinfo) -> None:
    """A table of a noun's rows on standard output."""
    print_table(columns(fields), [cells(fields, row, zone) for row in rows])


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """A table on standard output."""
    clean = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        # Rich is loaded where something is drawn.
        from interfaces.cli.render.drawn_table import print_drawn

        print_drawn(columns, clean)
    else:
        for line in aligned(
            [[column.name for column in columns], *clean], [column.right for column in columns]
        ):
            print(line)


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Names and values, one pair a line."""
    pairs = [(printable(name), printable(value)) for name, value in facts]
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        print(f"{name.ljust(width)}  {value}".rstrip())


def print_heading(text: str) -> None:
    """A line above a table or facts, with an empty line before it."""
    print(f"\n{printable(text)}")


def remark(text: str) -> None:
    """A remark to the person at the terminal, on standard error."""
    print(printable(text, keep_lines=True), file=sys.stderr)


def print_next(cursor: Json) -> None:
    """How to get the next page, if there is one."""
    if cursor is not None:
        remark(f"there are more: add --after {cursor}")


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """Rows as lines with columns under each other, two spaces apart, without blanks at their ends."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(right))]
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]


def printable(text: str, *, keep_lines: bool = False) -> str:
    """Text that came from outside cannot steer the terminal: control characters are written out."""
    return "".join(
        char
        if char.isprintable() or (keep_lines and char == "\n")
        else char.encode("unicode_escape").decode()
        for char in text
    )


def is_terminal(stream: TextIO) -> bool:
    """Is somebody looking at this stream."""
    try:
        return stream.isatty()
    except ValueError:
        # It was closed.
        return False
