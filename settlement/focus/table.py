"""Any table as rows of text, in whatever form billing exports are read: for lists that are no fees."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from settlement.errors import Refused
from settlement.focus import parquet_rows
from settlement.focus.csv_rows import Rows, in_words
from settlement.focus.file_head import read_head
from settlement.focus.text_file import faults, open_text


class TableRow(NamedTuple):
    """One row: the line of the file where it starts (from 1; of Parquet its number), its cells without spaces around
    them, and how many of the file's bytes are read.
    """

    line: int
    cells: Sequence[str]
    bytes_read: int


def read_table(path: Path, account: str) -> Iterator[TableRow]:
    """The header, then the rows that are not blank: CSV, gzipped CSV or Parquet, recognized by content.

    Bytes that are no text are U+FFFD in a cell. `account`: the column by whose digits accounts are known.

    Raises:
        Refused: while reading, the codes of `reader.read`, or `bad_csv`, when the file will not do or breaks off.
    """
    total_bytes, head = read_head(path)
    if head.startswith(parquet_rows.PARQUET_MAGIC):
        yield from _parquet(path, total_bytes, account)
        return
    line = 0
    with faults(path, lambda: line), open_text(path) as opened:
        try:
            rows = Rows(opened.text)
            if any(name.strip() for name in rows.header):
                yield TableRow(rows.last_line, _stripped(rows.header), opened.raw.tell())
            for cells in rows.reader:
                line = rows.last_line
                if rows.ended:
                    raise Refused("bad_csv", f"{path}: line {rows.line}: a quote is never closed")
                if any(cell.strip() for cell in cells):
                    yield TableRow(rows.line, _stripped(cells), opened.raw.tell())
                rows.pending.clear()
        except csv.Error as fault:
            raise Refused("bad_csv", f"{path}: after line {line}: {in_words(fault)}") from None


def _parquet(path: Path, total_bytes: int, account: str) -> Iterator[TableRow]:
    names, rows = parquet_rows.read_cells(path, account)
    yield TableRow(0, _stripped(names), 0)
    for number, done, cells in rows:
        yield TableRow(number, _stripped(cells), int(total_bytes * done))


def _stripped(cells: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in cells]
