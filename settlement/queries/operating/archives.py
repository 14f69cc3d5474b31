"""Archives: what was written out, when, and to which files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.cycle import Cycle, cycle_of, cycle_text
from settlement.model.instants import instant_text
from settlement.storage.sql.arrays import id_array

_COLUMNS = """id, CAST(kind AS text), before, first_cycle, last_cycle, folder, files, bills, fees, events,
    announcements, entries, repayments, lines, sums, made_at, made_by"""
_ROWS = text(f"""
    SELECT {_COLUMNS} FROM archive WHERE (CAST(:after AS integer) IS NULL OR id < :after)
    ORDER BY id DESC LIMIT :limit""")
_ONE = text(f"SELECT {_COLUMNS} FROM archive WHERE id = :id")
# Whose entries are in archives, some of them of a time from an instant on.
_MOVED = text("""
    SELECT a.external_id, s.until, s.archive_id FROM archived_ledger s JOIN account a ON a.id = s.account_id
    WHERE s.until > :since AND (CAST(:ids AS bigint[]) IS NULL OR s.account_id = ANY(CAST(:ids AS bigint[])))
    ORDER BY s.until DESC, s.account_id LIMIT 1""")
_WITH_REPAYMENTS = text("""
    SELECT v.id FROM archive v
    WHERE v.repayments > 0 AND (CAST(:cycle AS integer) IS NULL OR :cycle BETWEEN v.first_cycle AND v.last_cycle)
      AND (CAST(:account AS text) IS NULL OR EXISTS (
          SELECT 1 FROM bill b JOIN account a ON a.id = b.account_id
          WHERE a.external_id = :account AND b.records_archive_id = v.id
            AND (CAST(:cycle AS integer) IS NULL OR b.cycle = :cycle)))
    ORDER BY v.id""")
# Up to when an account's entries are in archives, or any account's: the last of them, and the beginning of a month.
_LAST_OF_ACCOUNT = text("""
    SELECT s.until, s.archive_id FROM archived_ledger s JOIN account a ON a.id = s.account_id
    WHERE a.external_id = :account""")
_LAST = text("""
    SELECT CAST(before AS integer), id FROM archive WHERE kind = 'ledger' ORDER BY before DESC, id DESC LIMIT 1""")
_OF_MONTH = text(f"""
    SELECT {_COLUMNS} FROM archive WHERE :cycle BETWEEN first_cycle AND last_cycle ORDER BY id""")


class ArchiveView(NamedTuple):
    """An archive. `before`: the month from which on everything stayed; `sums`: of its fees, exactly, by currency;
    `repayments`: what single funds paid; `lines`: of bills.
    """

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
    entries: int
    repayments: int
    lines: int
    sums: Mapping[str, str]
    made_at: datetime
    made_by: str

    @property
    def bytes(self) -> int:
        """Of all its files."""
        return sum(int(file["bytes"]) for file in self.files)


class Elsewhere(NamedTuple):
    """What a list has not, since it is in archives: of months before `before`, the last of them in `archive`. `rows`:
    as `settle archive show --rows` calls them; `account`: whose they are, None where the list is of all accounts.
    """

    before: Cycle
    archive: int
    rows: str
    account: str | None

    @property
    def detail(self) -> str:
        """The same as a sentence, with the command that prints them."""
        of = "" if self.account is None else f" --account {self.account}"
        whose = "" if self.account is not None else " of accounts that were settled by then"
        return (
            f"{self.rows} of months before {cycle_text(self.before)}{whose} are in archives, the last of them "
            f"{self.archive}: settle archive show {self.archive} --rows {self.rows}{of}"
        )


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


def with_repayments(tx: Connection, account: str | None, cycle: int | None) -> list[int]:
    """Archives with repayments of bills of this account and month, or of all where none is named; the oldest first."""
    return list(tx.scalars(_WITH_REPAYMENTS, {"account": account, "cycle": cycle}))


def entries_elsewhere(
    tx: Connection, zone: tzinfo, *, account: str | None = None, since: datetime | None = None, **_: Any
) -> Elsewhere | None:
    """Which entries of an account, or of all, posted from an instant on are in archives; None where none is."""
    if account is None:
        row = tx.execute(_LAST).one_or_none()
        last = None if row is None else (Cycle(row[0]), row[1])
    else:
        row = tx.execute(_LAST_OF_ACCOUNT, {"account": account}).one_or_none()
        last = None if row is None else (cycle_of(row[0], zone), row[1])
    if last is None or (since is not None and last[0] <= cycle_of(since, zone)):
        return None
    return Elsewhere(*last, "entries", account)


def repayments_elsewhere(
    tx: Connection, zone: tzinfo, *, account: str | None = None, cycle: int | None = None, **_: Any
) -> Elsewhere | None:
    """Which repayments of bills of an account and a month, or of all, are in archives; None where none is."""
    archives = with_repayments(tx, account, cycle)
    last = entries_elsewhere(tx, zone, account=account) if archives else None
    return None if last is None else last._replace(archive=archives[-1], rows="repayments")


def refuse_archived_entries(
    tx: Connection, since: datetime, account_ids: Sequence[int] | None = None
) -> None:
    """What these accounts, or all, moved from an instant (UTC) on has to be here, since it is added up.

    Raises:
        NotFound: `archived`, some of it is in an archive.
    """
    ids = None if account_ids is None else id_array(account_ids)
    row = tx.execute(_MOVED, {"since": since, "ids": ids}).one_or_none()
    if row is not None:
        raise NotFound(
            "archived",
            f"what account {row[0]} moved before {instant_text(row[1])} is in archives, the last of them {row[2]}: "
            f"settle archive show {row[2]} --rows entries --account {row[0]}",
        )
