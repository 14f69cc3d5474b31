"""Rows of a file that were refused: shown in part, written out in full."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

from interfaces.cli.render.output import print_heading, print_table, remark
from interfaces.csv_lines import inert
from interfaces.fields.field import Column
from interfaces.fields.values import Json

PRINTED = 20
IN_JSON = 1000
COLUMNS = ("file", "line", "what", "reason")


class RefusedRow(NamedTuple):
    """One refused row: in which file, at which line, what it was about, and why."""

    file: str
    line: int
    what: str
    reason: str


@dataclass(slots=True)
class Refusals:
    """Collects refused rows in a CSV file, which is made when the first one comes, and keeps the first few at hand.

    Use it as a context manager. Memory does not grow with the number of rows.
    """

    path: Path | None
    count: int = 0
    first: list[RefusedRow] = field(default_factory=list)
    _stream: IO[str] | None = None
    _writer: Any = None

    def add(self, row: RefusedRow) -> None:
        """Takes note of a refused row."""
        self.count += 1
        if len(self.first) < IN_JSON:
            self.first.append(row)
        if self.path is None:
            return
        if self._stream is None:
            self._stream = self.path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._stream)
            self._writer.writerow(COLUMNS)
        self._writer.writerow(map(inert, row))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def as_json(self) -> dict[str, Json]:
        """For programs: the file with all of them, and the first thousand."""
        return {
            "refused_file": str(self.path) if self.path is not None and self.count else None,
            "refused_rows": [dict(zip(COLUMNS, row, strict=True)) for row in self.first],
        }

    def print(self) -> None:
        """For people: the first few, and where the others are."""
        if not self.count:
            return
        print_heading("refused")
        print_table(
            (Column("file"), Column("line", right=True), Column("what"), Column("reason")),
            [(row.file, f"{row.line}", row.what[:80], row.reason) for row in self.first[:PRINTED]],
        )
        if self.path is not None:
            remark(f"{self.count:,} refused rows are in {self.path}")
        elif self.count > PRINTED:
            remark(f"and {self.count - PRINTED:,} more; `settle inbox list --refused` shows them")


def default_path(file: Path) -> Path:
    """Where refused rows of a file go unless told otherwise: beside where the command runs, named after the file."""
    return Path.cwd() / f"{file.name}.refused.csv"
