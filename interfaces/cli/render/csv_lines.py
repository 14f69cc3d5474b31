"""CSV as bytes, some rows at a time, so that memory stays flat however many there are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TypeVar

from interfaces.cli.render.destination import Write
from interfaces.fields.field import Fields, csv_header, csv_line

T = TypeVar("T")
_ROWS = 1000


def write_csv(write: Write, fields: Fields[T], rows: Iterable[T]) -> int:
    """Writes a header and a noun's rows as they come. Returns how many rows there were."""
    write(_lines([csv_header(fields)]))
    left, count = (csv_line(fields, row) for row in rows), 0
    while batch := list(islice(left, _ROWS)):
        write(_lines(batch))
        count += len(batch)
    return count


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
