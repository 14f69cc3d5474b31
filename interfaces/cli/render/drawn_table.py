"""A table drawn on a terminal. Words, names, amounts and ids stay whole: what is too wide is wrapped between words, and
where that is not enough, every row becomes a block of names and values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from interfaces.fields.field import Column

# Between two columns.
_GAP = 2


def print_drawn(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Draws it as wide as the terminal is."""
    console = Console(highlight=False)
    widths = widths_within(console.width, columns, rows)
    if widths is None:
        _print_blocks(console, columns, rows)
        return
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            column.name, justify="right" if column.right else "left", no_wrap=column.right, width=width
        )
    for row in rows:
        # Text and not markup: a bracket in a name is a bracket.
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def widths_within(room: int, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int] | None:
    """How wide each column is where `room` cells are there; None where not even the longest words fit side by side."""
    room -= _GAP * (len(columns) - 1)
    widths, wanted = [], []
    for at, column in enumerate(columns):
        cells = [column.name, *(row[at] for row in rows)]
        wanted.append(_widest(cells))
        widths.append(
            wanted[-1] if column.right else _widest(word for cell in cells for word in cell.split())
        )
    left = room - sum(widths)
    if left < 0:
        return None
    for at, width in enumerate(wanted):
        more = min(width - widths[at], left)
        widths[at] += more
        left -= more
    return widths


def _widest(texts: Iterable[str]) -> int:
    return max(map(cell_len, texts), default=1)


def _print_blocks(console: Console, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    names = max(len(column.name) for column in columns)
    for row in rows:
        console.print()
        for column, cell in zip(columns, row, strict=True):
            console.print(Text(column.name.ljust(names), "bold"), Text(cell), soft_wrap=True)
