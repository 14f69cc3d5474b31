"""Writes out what accounts moved before a month, and removes it, in sets, each in one transaction. Rule: R11.12f.

Of an account go the entries before the beginning of a month, with the repayments and the lines of the bills that they
issued and paid, and the top-ups that they booked; one entry with what they came to comes in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from settlement.errors import Busy, Refused
from settlement.model.cycle import Cycle, cycle_of
from settlement.operations.archive import files
from settlement.operations.archive.sets import (
    ChangedMeanwhileError,
    begin,
    locked,
    name_of,
    on_record_or_gone,
    that_fit,
    written_of_the_others,
)
from settlement.operations.bisection import SHORT_PATIENCE_MS, is_locked
from settlement.rules.calendar import cycle_bounds
from settlement.storage.sql.locks import wait_at_most
from settlement.storage.store import Store
from settlement.storage.work.operating import archived_events, archived_ledger, archives
from settlement.storage.work.operating.archived_ledger import BillSpan, Leaving, Part, Span
from settlement.storage.work.operating.archives import Archive


class LedgerRun(NamedTuple):
    """What holds for all sets: where to, what before, the billing zone, and how much one transaction writes out."""

    folder: Path
    before: Cycle
    before_at: datetime
    zone: tzinfo
    accounts: int
    entries: int


def archive_ledgers(
    store: Store, run: LedgerRun, leave: Callable[[Collection[int]], None]
) -> Iterator[Archive]:
    """Writes out set by set, and gives each archive when it is on record. Accounts for which something was booked
    meanwhile are told to `leave`, and are for the next run.

    Raises:
        Refused: the folder takes no files, or workers of another release are at work.
        Busy: another one writes out.
    """
    after = 0
    while found := _accounts(store, run, after):
        after = found[-1][0]
        for ids in that_fit(found, run.entries):
            archive = written_of_the_others(store, ids, partial(_archive_set, run), leave)
            if archive is not None:
                yield archive
    _give_back_room(store, run.before_at)


def _give_back_room(store: Store, before_at: datetime) -> None:
    """Unless somebody reads one of these months, as an audit does: whoever waits for that keeps everybody else from it
    meanwhile. The next archive tries again.
    """
    try:
        with store.transaction() as tx:
            wait_at_most(tx, SHORT_PATIENCE_MS)
            archived_ledger.give_back_room(tx, before_at)
    except Busy as error:
        if not is_locked(error):
            raise


def until_when(
    bills: Sequence[BillSpan], spans: Sequence[Span], before_at: datetime, zone: tzinfo
) -> datetime:
    """The last beginning of a month, at most `before_at`, before which nothing of an account is tied to what stays.

    A bill goes with its issuance and all that paid it, once its fees are in an archive; one that is not issued keeps
    all from the end of its month on, since it is issued and paid at instants after it.
    """
    until = before_at
    while True:
        stays = [_stays_from(bill, until, zone) for bill in bills]
        stays += [
            span.first_at
            for span in spans
            if span.first_at < until and (span.first_at == span.last_at or until <= span.last_at)
        ]
        first = min((at for at in stays if at is not None), default=None)
        if first is None or first >= until:
            return until
        until = cycle_bounds(cycle_of(first, zone), zone)[0]


def _stays_from(bill: BillSpan, until: datetime, zone: tzinfo) -> datetime | None:
    if bill.issued_at is None:
        return cycle_bounds(bill.cycle, zone)[1]
    if bill.is_archived and bill.settled_at is not None and bill.settled_at < until:
        return None
    return bill.issued_at


def _accounts(store: Store, run: LedgerRun, after: int) -> list[tuple[int, int]]:
    with store.transaction() as tx:
        return archived_ledger.accounts(tx, run.before_at, after=after, limit=run.accounts)


def _archive_set(run: LedgerRun, tx: Connection, ids: Sequence[int]) -> Archive | None:
    number = begin(tx)
    parts = _parts(tx, run, ids)
    if not parts:
        return None
    leaving = Leaving(tx, parts, run.before_at)
    events = leaving.events()
    archive = _written(tx, run, number, parts, leaving, events)
    chosen = [part.account_id for part in parts]
    with on_record_or_gone(run.folder, archive):
        locked(tx, chosen)
        if changed := {part.account_id for part in {*parts} - {*_parts(tx, run, chosen)}}:
            raise ChangedMeanwhileError(changed)
        archives.record(tx, archive)
        archived_events.leave_events(tx, number, events)
        removed = leaving.remove(number, events)
        expected = (archive.bills, archive.entries, archive.repayments, archive.lines, archive.events)
        if removed != expected:
            raise Busy(
                f"bills, entries, repayments, lines and events that went are {removed}, not {expected} as written "
                "out; the same command goes on"
            )
    return archive


def _parts(tx: Connection, run: LedgerRun, ids: Sequence[int]) -> list[Part]:
    bills = archived_ledger.bill_spans(tx, run.before, run.before_at, ids)
    spans = archived_ledger.odd_spans(tx, run.before_at, ids)
    untils = {
        one: until_when(of, spans.get(one, ()), run.before_at, run.zone) for one, of in sorted(bills.items())
    }
    return archived_ledger.parts(tx, run.before_at, untils)


def _written(
    tx: Connection,
    run: LedgerRun,
    number: int,
    parts: Sequence[Part],
    leaving: Leaving,
    events: Sequence[int],
) -> Archive:
    """The files of the set, on the disk and read again; nothing of it has left the database."""
    name, folder = name_of(number), run.folder
    written = [
        files.write(folder, f"{name}-entries.parquet", files.ENTRIES, leaving.entries()),
        files.write(folder, f"{name}-repayments.parquet", files.REPAYMENTS, leaving.repayments()),
        files.write(folder, f"{name}-lines.parquet", files.LINES, leaving.lines()),
        files.write(folder, f"{name}-events.parquet", files.EVENTS, archived_events.event_rows(tx, events)),
    ]
    if files.cash_in(folder, written[0]) != {part.account_id: part.cash_minor for part in parts}:
        raise Refused("archive_broken", f"{written[0].name} does not come to what the entries in it do")
    cycles = leaving.cycles()
    entries, repayments, lines, reports = (file.rows for file in written)
    archive = Archive(
        number, "ledger", run.before, min(cycles, default=None), max(cycles, default=None), str(folder),
        [file._asdict() for file in written], len(cycles), 0, reports, 0, {}, bills_digest=leaving.digest(),
        entries=entries, repayments=repayments, lines=lines,
    )  # fmt: skip
    files.write_manifest(folder, files.manifest_name(name), archive._asdict())
    return archive
