"""Writes out months that are over and removes them, in sets, each in one transaction. Rule: R11.12.

A set is first on the disk, read again and summed up; then its identities stay, its rows go, and the archive is on
record, all with one commit. A process that dies leaves files that no archive names, and rows that are still there:
the same command goes on from them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from settlement.errors import Busy, Refused
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.policies.policy import Policy
from settlement.operations.archive import files
from settlement.operations.archive.choice import Choice, Stays, choose
from settlement.operations.archive.ledger import LedgerRun, archive_ledgers
from settlement.operations.archive.sets import (
    ChangedMeanwhileError,
    begin,
    locked,
    name_of,
    on_record_or_gone,
    refuse_other_release,
    that_fit,
    written_of_the_others,
)
from settlement.rules.calendar import cycle_bounds
from settlement.storage.store import Store
from settlement.storage.work.operating import (
    archived_announcements,
    archived_bills,
    archived_events,
    archives,
)
from settlement.storage.work.operating.archived_bills import OverBill, Repeating
from settlement.storage.work.operating.archives import Archive

_PATIENCE_S = 1800
# How long somebody else's transaction may be open that brings events, and how often it is looked for.
_OPEN_S, _POLL_S = 20, 0.05


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What one transaction writes out: so many accounts, with so many fees, or entries, together; so many
    announcements.
    """

    accounts: int = 500
    fees: int = 50_000
    entries: int = 50_000
    announcements: int = 20_000


@dataclass(slots=True)
class ArchiveReport:
    """What was written out, and why bills stayed. `bills`: those whose fees were; `repayments`: what single funds paid;
    `unsettled`: bills of these months that are not over; `left`: accounts, by their ids, for which something was booked
    while they were written out, or that another session has locked, and which are for the next run.
    """

    archives: list[int] = field(default_factory=list)
    bills: int = 0
    fees: int = 0
    events: int = 0
    announcements: int = 0
    entries: int = 0
    repayments: int = 0
    bytes: int = 0
    stays: dict[Stays, int] = field(default_factory=dict)
    unsettled: int = 0
    left: set[int] = field(default_factory=set)

    def add(self, archive: Archive) -> None:
        """Counts one more."""
        self.archives.append(archive.id)
        self.bills += archive.bills if archive.kind == "bills" else 0
        self.fees += archive.fees
        self.entries += archive.entries
        self.repayments += archive.repayments
        self.events += archive.events
        self.announcements += archive.announcements
        self.bytes += sum(file["bytes"] for file in archive.files)


def archive_as_owner(owner_url: str, *arguments: Any, **named: Any) -> ArchiveReport:
    """As `archive_before`, on the database as the owner of its tables, with patience for what is much to read.

    Raises:
        Refused, Busy, Unavailable: as there.
    """
    store = Store(
        owner_url, pool_size=1, statement_timeout_s=_PATIENCE_S, idle_in_transaction_timeout_s=_PATIENCE_S
    )
    try:
        return archive_before(store, *arguments, **named)
    finally:
        store.close()


@dataclass(frozen=True, slots=True)
class _Run:
    """What holds for all sets. Events from row `unhandled` on may have been handled since `repeating` was read."""

    folder: Path
    before: Cycle
    before_at: datetime
    limits: ArchiveLimits
    unhandled: int
    repeating: Mapping[int, Sequence[Repeating]]
    set_aside: frozenset[int]


def archive_before(
    store: Store,
    folder: Path,
    before: Cycle,
    *,
    at: datetime,
    policy: Policy,
    limits: ArchiveLimits = ArchiveLimits(),
    on_archive: Callable[[Archive], None] = lambda _: None,
    on_left: Callable[[Collection[int]], None] = lambda _: None,
) -> ArchiveReport:
    """Writes out what was over before the month `before` began, in the billing zone, to new files in `folder`.

    Of bills that were settled by then go the fees and the events that reported them; of accounts then what they moved,
    up to the beginning of a month before which nothing is tied to what stays; and announcements that were published,
    and delivered to whoever wants them. Bills themselves stay. An account for which something is booked while it is
    written out, or that another session does not let go of, is left for the next run, and told to `on_left`. `store` is
    the database as the owner of its tables. Safe to repeat, and beside everything else.

    Raises:
        Refused: the month is not over, the folder takes no files, this is not the owner, workers of another release are
            at work, or pyarrow is not installed.
        Busy: another one writes out, or a transaction that brings events stays open.
        Unavailable: PostgreSQL is down or busy; what was committed is archived.
    """
    before_at = cycle_bounds(before, policy.zone)[0]
    if before_at > at:
        raise Refused("archive_too_new", f"{cycle_text(before)} has not begun: what is before it is not over")
    folder = folder.resolve()
    if not folder.is_dir():
        raise Refused("archive_folder", f"{folder} is not a folder that is there")
    report = ArchiveReport()

    def leave(ids: Collection[int]) -> None:
        report.left.update(ids)
        on_left(ids)

    run = _begin(store, folder, before, before_at, limits)
    after = 0
    while found := _with_over(store, run, after):
        after = found[-1][0]
        for ids in that_fit(found, limits.fees):
            archive, stays = written_of_the_others(store, ids, partial(_archive_set, run), leave)
            for reason, count in stays.items():
                report.stays[reason] = report.stays.get(reason, 0) + count
            if archive is not None:
                report.add(archive)
                on_archive(archive)
    ledger = LedgerRun(folder, before, before_at, policy.zone, limits.accounts, limits.entries)
    for archive in archive_ledgers(store, ledger, leave):
        report.add(archive)
        on_archive(archive)
    while (archive := _announcements_of(store, run)) is not None:
        report.add(archive)
        on_archive(archive)
    with store.transaction() as tx:
        report.unsettled = archived_bills.bills_left(tx, before, before_at)
    return report


def _begin(store: Store, folder: Path, before: Cycle, before_at: datetime, limits: ArchiveLimits) -> _Run:
    with store.transaction() as tx:
        if not archives.may_write_out(tx):
            raise Refused(
                "not_owner", "only the owner of the tables may write out: name it by SETTLE_MIGRATION_URL"
            )
        refuse_other_release(tx)
    # By itself: it keeps others from changing the tables until its transaction ends.
    with store.transaction() as tx:
        archives.count_rows(tx)
    next_row = _all_before(store)
    with store.transaction() as tx:
        # What is handled from now on is one of these, or later; but for what is set aside, which may be tried again.
        unhandled = min(next_row, archived_bills.first_waiting(tx) or next_row)
        by_account: dict[int, list[Repeating]] = {}
        for event in archived_bills.repeating(tx):
            by_account.setdefault(event.account_id, []).append(event)
        aside = frozenset(archived_bills.with_events_set_aside(tx))
    return _Run(folder, before, before_at, limits, unhandled, by_account, aside)


def _all_before(store: Store) -> int:
    """A row before which every event is there: whoever brings one in a transaction that is open has the number of its
    row already.

    Raises:
        Busy: such a transaction stays open.
    """
    until = time.monotonic() + _OPEN_S
    with store.transaction() as tx:
        next_row = archived_bills.next_row(tx)
        writers = archived_bills.writers(tx)
    while writers:
        if time.monotonic() > until:
            raise Busy(
                f"a transaction that has written to the inbox is open for {_OPEN_S} s: an event in it may repeat "
                "what is to be written out; when it is over, the same command goes on"
            )
        time.sleep(_POLL_S)
        with store.transaction() as tx:
            writers &= archived_bills.writers(tx)
    return next_row


def _with_over(store: Store, run: _Run, after: int) -> list[tuple[int, int]]:
    """The next accounts, each with the number of its fees: of each they are counted once."""
    with store.transaction() as tx:
        return archived_bills.accounts_with_over(
            tx, run.before, run.before_at, after=after, limit=run.limits.accounts
        )


def _archive_set(run: _Run, tx: Connection, ids: Sequence[int]) -> tuple[Archive | None, Mapping[Stays, int]]:
    """Of these accounts what went, and what stays."""
    number = begin(tx)
    choice = _chosen(tx, run, ids, [event for one in ids for event in run.repeating.get(one, ())])
    if not choice.bills:
        return None, choice.stays
    events = sorted({*archived_bills.events_of(tx, choice.bills), *choice.repeating})
    archive = _written(tx, run, number, choice.bills, events)
    with on_record_or_gone(run.folder, archive):
        _remove(tx, run, archive, choice.bills, events)
    return archive, choice.stays


def _chosen(tx: Connection, run: _Run, ids: Sequence[int], repeating: Sequence[Repeating]) -> Choice:
    return choose(
        archived_bills.over_bills(tx, run.before, run.before_at, ids),
        sharing=archived_bills.months_sharing_events(tx, ids),
        repeating=repeating,
        set_aside=run.set_aside,
        before_at=run.before_at,
    )


def _written(
    tx: Connection, run: _Run, number: int, bills: Sequence[OverBill], events: Sequence[int]
) -> Archive:
    """The files of the set, on the disk and read again; nothing of it has left the database."""
    name = name_of(number)
    fees = files.write(run.folder, f"{name}-fees.parquet", files.FEES, archived_bills.fee_rows(tx, bills))
    reports = files.write(
        run.folder, f"{name}-events.parquet", files.EVENTS, archived_events.event_rows(tx, events)
    )
    sums = archived_bills.sums(tx, bills)
    if files.sums_of(run.folder, [fees]) != sums:
        raise Refused("archive_broken", f"{fees.name} does not come to what the bills in it do")
    cycles = sorted(bill.cycle for bill in bills)
    archive = Archive(
        number, "bills", run.before, cycles[0], cycles[-1], str(run.folder), (fees._asdict(), reports._asdict()),
        len(bills), fees.rows, reports.rows, 0, {code: format(total, "f") for code, total in sums.items()},
        None, None, *archived_bills.digests(tx, bills),
    )  # fmt: skip
    files.write_manifest(run.folder, files.manifest_name(name), archive._asdict())
    return archive


def _remove(
    tx: Connection, run: _Run, archive: Archive, bills: Sequence[OverBill], events: Sequence[int]
) -> None:
    """What is in the files goes, now that nobody books anything for these accounts meanwhile."""
    ids = sorted({bill.account_id for bill in bills})
    locked(tx, ids)
    known = {event.inbox_id for one in ids for event in run.repeating.get(one, ())}
    repeating = archived_bills.repeating_since(tx, run.unhandled, ids)
    changed = {event.account_id for event in repeating if event.inbox_id not in known}
    if changed := changed | archived_bills.not_over(tx, bills):
        raise ChangedMeanwhileError(changed)
    archived_bills.leave_fees(tx, bills)
    archived_events.leave_events(tx, archive.id, events)
    removed = (
        *archived_bills.remove_fees(tx, archive.id, bills),
        archived_events.remove_events(tx, events),
    )
    if removed != (archive.bills, archive.fees, archive.events):
        raise Busy(
            f"bills, fees and events that went are {removed}, not as written out; the same command goes on"
        )
    archives.record(tx, archive)


def _announcements_of(store: Store, run: _Run) -> Archive | None:
    """The next announcements that are over, written out and removed in one transaction; None where there are none."""
    with store.transaction() as tx:
        number = begin(tx)
        ids = archived_announcements.announcements(tx, run.before_at, limit=run.limits.announcements)
        if not ids:
            return None
        name = name_of(number)
        rows = archived_announcements.announcement_rows(tx, ids)
        file = files.write(run.folder, f"{name}-announcements.parquet", files.ANNOUNCEMENTS, rows)
        last_at, last_id = archived_announcements.last_published(tx, ids)
        archive = Archive(
            number, "announcements", run.before, None, None, str(run.folder), (file._asdict(),), 0, 0, 0, file.rows,
            {}, last_at, last_id,
        )  # fmt: skip
        with on_record_or_gone(run.folder, archive):
            files.write_manifest(run.folder, files.manifest_name(name), archive._asdict())
            removed = archived_announcements.remove_announcements(tx, ids)
            if removed != file.rows:
                raise Busy(
                    f"{removed} announcements went, not {file.rows} as written out; the same command goes on"
                )
            archives.record(tx, archive)
    return archive
