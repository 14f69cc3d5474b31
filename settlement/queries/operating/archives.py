"""Archives: what was written out, when, and to which files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.cycle import Cycle

_COLUMNS = """id, CAST(kind AS text), before, first_cycle, last_cycle, folder, files, bills, fees, events,
    announcements, sums, made_at, made_by"""
_ROWS = text(f"""
    SELECT {_COLUMNS} FROM archive WHERE (CAST(:after AS integer) IS NULL OR id < :after)
    ORDER BY id DESC LIMIT :limit""")
_ONE = text(f"SELECT {_COLUMNS} FROM archive WHERE id = :id")
_OF_MONTH = text(f"""
    SELECT {_COLUMNS} FROM archive WHERE :cycle BETWEEN first_cycle AND last_cycle ORDER BY id""")


class ArchiveView(NamedTuple):
    """An archive. `before`: the month from which on everything stayed; `sums`: of its fees, exactly, by currency."""

    id: int
    kind: str
    before: Cycle
    first_cycle: Cycle | None
    last_cycle: Cycle | None
    folder: str
    files: Sequence[Mapping[str, Any]]
    bills: int
    fees: int
    events: int
    announcements: int
    sums: Mapping[str, str]
    made_at: datetime
    made_by: str

    @property
    def bytes(self) -> int:
        """Of all its files."""
        return sum(int(file["bytes"]) for file in self.files)


def rows(tx: Connection, *, limit: int, after: int | None = None) -> list[ArchiveView]:
    """Archives, the newest first, from the one after `after` in that order on."""
    return [ArchiveView(*row) for row in tx.execute(_ROWS, {"limit": limit, "after": after})]


def one(tx: Connection, number: int) -> ArchiveView:
    """One archive.

    Raises:
        NotFound: there is none of this number.
    """
    row = tx.execute(_ONE, {"id": number}).one_or_none()
    if row is None:
        raise NotFound("unknown_archive", f"archive {number} is not known; `settle archive list` shows all")
    return ArchiveView(*row)


def of_month(tx: Connection, cycle: Cycle) -> list[ArchiveView]:
    """Archives with bills of this month, the oldest first."""
    return [ArchiveView(*row) for row in tx.execute(_OF_MONTH, {"cycle": cycle})]
