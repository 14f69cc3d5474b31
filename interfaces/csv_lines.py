"""CSV as bytes, some rows at a time, so that memory stays flat however many there are."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TypeVar

from interfaces.fields.field import Fields, csv_header, csv_line

T = TypeVar("T")
Write = Callable[[bytes], object]
_ROWS = 1000
# What begins so, a spreadsheet takes for a formula, some of them also after they have trimmed what stands before it.
_FORMULA = re.compile(r"[=+\-@\t\r\n]|\s+[=+\-@]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def write_csv(write: Write, fields: Fields[T], rows: Iterable[T]) -> int:
    """Writes a header and a noun's rows as they come. Returns how many rows there were."""
    write(csv_bytes([csv_header(fields)]))
    left, count = (csv_line(fields, row) for row in rows), 0
    while batch := list(islice(left, _ROWS)):
        write(csv_bytes(batch))
        count += len(batch)
    return count


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Lines of CSV in which a spreadsheet finds nothing to run. Every file that is written goes through here."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(map(inert, row) for row in rows)
    return text.getvalue().encode()


def inert(cell: object) -> object:
    """A cell that no spreadsheet runs: text that would be a formula begins with an apostrophe; numbers stay numbers."""
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
