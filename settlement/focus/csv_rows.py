"""Rows of CSV and gzipped CSV, streamed with flat memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

from settlement.errors import Refused
from settlement.focus.columns import ColumnNames, Columns, locate
from settlement.focus.lines import BATCH_CHARACTERS, RAW_LIMIT, Batch, FeeLine, RefusedLine, characters
from settlement.focus.rows import RowToFee, row_to_fee
from settlement.focus.text_file import faults, open_text, without_marks
from settlement.focus.values import RowRefused

_DELIMITERS = ",;\t|"
_LINE_LIMIT = 1 << 20
# Longer than the csv module's limit of one field, so that it refuses this row.
_OVERLONG = "x" * (csv.field_size_limit() + 1)


class Rows:
    """The rows of one opened file, and the physical lines that the current row is made of.

    `ended` while a row is being looked at means that its end is the file's: the csv module requested one more line,
    so the row, whole as it may look, broke off inside quotes.
    """

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.pending: list[str] = []
        self.ended = False
        lines = self._lines(text)
        first = next((line for line in lines if line.strip()), "")
        self.skipped = max(len(self.pending) - 1, 0)
        del self.pending[: self.skipped]
        self.delimiter = _delimiter(first)
        self.reader = csv.reader(chain([first] if first else [], lines), delimiter=self.delimiter)
        self.header = next(self.reader, [])
        self.pending.clear()

    def _lines(self, text: io.TextIOWrapper) -> Iterator[str]:
        pending = self.pending
        for line in iter(partial(text.readline, _LINE_LIMIT), ""):
            if len(line) == _LINE_LIMIT and not line.endswith(("\n", "\r")):
                while text.readline(_LINE_LIMIT)[-1:] not in {"\n", "\r", ""}:
                    pass
                pending.append(line[: RAW_LIMIT + 1])
                yield _OVERLONG
                continue
            clean = without_marks(line)
            pending.append(clean)
            yield clean
        self.ended = True

    @property
    def line(self) -> int:
        """The line, from 1, where the current row starts."""
        return self.last_line - max(len(self.pending), 1) + 1

    @property
    def last_line(self) -> int:
        return self.reader.line_num + self.skipped


def _delimiter(header: str) -> str:
    """The delimiter that cuts the header into most names; a comma when none does."""
    return max(_DELIMITERS, key=lambda mark: len(next(csv.reader([header], delimiter=mark), [])))


def read_header(path: Path, names: ColumnNames) -> Columns:
    """The columns of the file.

    Raises:
        Refused: the file cannot be unpacked or read, or its header will not do.
    """
    with faults(path, lambda: 0), open_text(path) as opened:
        try:
            header = Rows(opened.text).header
        except csv.Error:
            header = []
        if not any(name.strip() for name in header):
            raise Refused("no_header", f"{path}: the file has no header")
        return locate(header, names, str(path))


def read_batches(path: Path, columns: Columns, total_bytes: int, batch_rows: int) -> Iterator[Batch]:
    """All rows in batches. Where the file breaks off, what was read is yielded before the refusal is raised."""
    with open_text(path) as opened:
        rows = Rows(opened.text)
        sorter = _Sorter(rows, row_to_fee(columns))
        try:
            with faults(path, lambda: rows.last_line):
                for _ in sorter.run(batch_rows):
                    yield sorter.take(opened.raw.tell(), total_bytes)
        except Refused:
            if sorter.accepted or sorter.refused:
                yield sorter.take(opened.raw.tell(), total_bytes)
            raise
        yield sorter.take(total_bytes, total_bytes)


class _Sorter:
    """Sorts rows into accepted and refused until a batch is full."""

    def __init__(self, rows: Rows, to_fee: RowToFee) -> None:
        self._rows = rows
        self._to_fee = to_fee
        self.accepted: list[FeeLine] = []
        self.refused: list[RefusedLine] = []

    def take(self, bytes_read: int, total_bytes: int) -> Batch:
        """What has been sorted since the last time."""
        batch = Batch(
            accepted=self.accepted,
            refused=self.refused,
            rows=len(self.accepted) + len(self.refused),
            bytes_read=bytes_read,
            total_bytes=total_bytes,
        )
        self.accepted, self.refused = [], []
        return batch

    def run(self, batch_rows: int) -> Iterator[None]:
        """Reads to the end of the file and pauses, to be taken from, whenever a batch is full."""
        rows, reader, pending, to_fee = self._rows, self._rows.reader, self._rows.pending, self._to_fee
        # The number of the current row's first line, less what the reader counts and the lines pending.
        offset = rows.skipped + 1
        room, room_characters = batch_rows, BATCH_CHARACTERS
        while True:
            try:
                for cells in reader:
                    if rows.ended:
                        self._refuse("a quote is never closed", cells)
                    elif cells:
                        try:
                            fee = to_fee(reader.line_num - len(pending) + offset, cells)
                            self.accepted.append(fee)
                            room_characters -= characters(fee)
                        except RowRefused as fault:
                            self._refuse(str(fault), cells)
                    pending.clear()
                    room -= 1
                    if not room or room_characters <= 0:
                        room, room_characters = batch_rows, BATCH_CHARACTERS
                        yield
                return
            except csv.Error as fault:
                # The reader starts afresh at the next line.
                self._refuse(in_words(fault), None)
                pending.clear()

    def _refuse(self, reason: str, cells: list[str] | None) -> None:
        """Refuses the current row, unless it is one stray quote's work.

        A quote that is never closed swallows the lines after it, up to the next quote. So where a row of several
        lines is no fee, but some line of it alone is, every line counts as a row.
        """
        lines = self._rows.pending
        start = self._rows.line
        if cells is not None and not any(cell.strip() for cell in cells):
            return
        alone = (
            [self._alone(number, text) for number, text in enumerate(lines, start)] if len(lines) > 1 else []
        )
        if any(isinstance(row, FeeLine) for row in alone):
            self.accepted += [row for row in alone if isinstance(row, FeeLine)]
            self.refused += [row for row in alone if isinstance(row, RefusedLine)]
        else:
            self.refused.append(RefusedLine(start, reason, _raw("".join(lines))))

    def _alone(self, number: int, text: str) -> FeeLine | RefusedLine | None:
        """One physical line as a row of its own; None if it is blank."""
        try:
            cells = next(csv.reader([text], delimiter=self._rows.delimiter, strict=True), [])
            return self._to_fee(number, cells) if cells else None
        except RowRefused as fault:
            return RefusedLine(number, str(fault), _raw(text))
        except csv.Error as fault:
            return RefusedLine(number, in_words(fault), _raw(text))


def in_words(fault: csv.Error) -> str:
    """What the csv module found, in words about the file rather than about how to open it."""
    words = str(fault)
    if "field larger" in words:
        return f"a field is longer than {csv.field_size_limit()} characters"
    if "unexpected end" in words:
        return "a quote is never closed"
    return "a carriage return outside quotes" if "new-line" in words else words


def _raw(text: str) -> str:
    return text.rstrip("\r\n")[:RAW_LIMIT]
