"""Imports a billing export as the whole state of its provider and billing period. Rule: R2.1h.

Once the files are read and staged, what differs is found by one statement and worked off in sets of accounts, each in
one transaction under their locks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection

from settlement.errors import Refused
from settlement.focus.columns import FOCUS_COLUMNS, ColumnNames
from settlement.focus.lines import RefusedLine
from settlement.model.changes import Changes
from settlement.model.commands.fees import FeeLine
from settlement.model.exports import earlier_key
from settlement.model.instants import instant_text
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import Snapshot
from settlement.operations.bisection import PATIENCE_MS
from settlement.operations.inbox.fee_imports import ImportProgress, open_accounts
from settlement.operations.inbox.fee_snapshot_staging import SnapshotReport, Staging
from settlement.operations.schedule.isolation import Failures, in_one_or_in_halves
from settlement.operations.settle import settle
from settlement.plans.bills.fee_snapshots import Difference, ExportedRow, plan_snapshot
from settlement.rules.calendar import last_cycle_issued_by
from settlement.storage.load.scope import EarlierRow, ExportScope, Scope
from settlement.storage.store import Store
from settlement.storage.work.fees import fee_imports, fee_snapshots
from settlement.storage.work.fees.fee_snapshots import DifferentRow, Lock

_OPENED_AT_ONCE = 5_000


def import_snapshot(
    store: Store,
    paths: Sequence[Path],
    *,
    at: datetime,
    policy: Policy,
    columns: ColumnNames = FOCUS_COLUMNS,
    create_accounts: bool = False,
    dry_run: bool = False,
    batch_rows: int = 20_000,
    on_refused: Callable[[Path, RefusedLine], None] = lambda *_: None,
    on_progress: Callable[[Path, ImportProgress], None] = lambda *_: None,
) -> SnapshotReport:
    """Makes what is booked of one provider's billing period equal to what the files, together, show of it.

    What is new is booked, what is gone is taken back, what is unchanged does nothing. An import that breaks off is
    simply run again. `at` is the instant of booking (UTC). With `dry_run` nothing is booked and no account opened, and
    the report says what would be.

    Raises:
        Refused: a file cannot be read, or breaks off, or lacks a column; `several_pictures`; `empty_file`;
            `import_running`; `reused_id`. Nothing is booked.
        Unavailable: PostgreSQL is down; the sets before are booked.
        Exception: accounts were left out, since somebody has them locked, or for whatever else their rows fail; all
            others are booked. Importing the files again makes up for it.
    """
    with store.transaction() as tx:
        import_id = fee_imports.begin(tx, _file_names(paths), at)
    try:
        staging = Staging(store, import_id, columns.provider, on_refused, on_progress)
        report = staging.read(paths, columns, batch_rows)
        if not report.unreadable:
            run = _Run(store, import_id, report, at, policy, by_id=columns.id is not None, dry_run=dry_run)
            run.book(
                batch_rows, create_accounts=create_accounts,
                on_refused=lambda found: on_refused(
                    paths[found.file_no], RefusedLine(found.line, found.reason, "")
                ),
            )  # fmt: skip
        with store.transaction() as tx:
            fee_imports.finish(tx, import_id, at, _facts(report, dry_run=dry_run))
        return report
    finally:
        with store.transaction() as tx:
            fee_snapshots.forget(tx, import_id, at)


def _file_names(paths: Sequence[Path]) -> str:
    return paths[0].name if len(paths) == 1 else f"{paths[0].name} and {len(paths) - 1} more"


class _Run:
    """Works off what differs."""

    def __init__(
        self,
        store: Store,
        import_id: int,
        report: SnapshotReport,
        at: datetime,
        policy: Policy,
        *,
        by_id: bool,
        dry_run: bool,
    ) -> None:
        self._store = store
        self._import_id = import_id
        self._report = report
        self._at = at
        self._policy = policy
        self._by_id = by_id
        self._dry_run = dry_run
        picture = (report.provider, report.period_start)
        with store.transaction() as tx:
            self._export_id = fee_imports.picture_ids(tx, [picture])[picture]
            self._any_earlier = not by_id and fee_imports.any_earlier(tx)

    def book(
        self,
        batch_rows: int,
        *,
        create_accounts: bool,
        on_refused: Callable[[fee_snapshots.NotBookable], None],
    ) -> None:
        """Opens accounts if they are wanted, then books and takes back, alone with the picture."""
        with fee_snapshots.alone(self._store, self._export_id, self._report.name) as lock:
            if create_accounts:
                self._open_accounts()
            with self._store.transaction() as tx:
                for found in fee_snapshots.not_bookable(tx, self._import_id, unknown=not create_accounts):
                    self._report.refused += 1
                    on_refused(found)
            with self._store.transaction() as tx:
                line = fee_snapshots.line_with_two_amounts(tx, self._import_id) if self._by_id else None
                if line is not None:
                    raise Refused(
                        "reused_id", f"line {line}: its id has another amount elsewhere in the export"
                    )
                fee_snapshots.compare(tx, self._import_id, self._export_id, by_id=self._by_id)
            self._work_off(lock, batch_rows)

    def _work_off(self, lock: Lock, batch_rows: int) -> None:
        """Every account by itself where not all go together; what is at fault is raised when the others had their turn.
        Rule: R11.8.
        """
        failures = Failures()
        for page in fee_snapshots.pages(self._store, self._import_id, batch_rows):
            lock.confirm()
            rows = [self._exported_row(row) for row in page]

            def act(tx: Connection, accounts: Sequence[int], rows: list[ExportedRow] = rows) -> None:
                some = set(accounts)
                self._report.difference.add(self._settle(tx, [row for row in rows if row.account_id in some]))

            ids = list(dict.fromkeys(row.account_id for row in rows))
            in_one_or_in_halves(self._store, ids, act, failures, patience_ms=PATIENCE_MS)
        failures.raise_first()

    def _open_accounts(self) -> None:
        """Opens the accounts that nobody knows; a dry run counts them, and that all their rows are new."""
        currencies: dict[str, str] = {}
        with self._store.transaction() as tx:
            unknown = fee_snapshots.unknown_accounts(tx, self._import_id)
            if self._dry_run:
                for account in unknown:
                    self._report.accounts_created += 1
                    self._report.difference.add(
                        Difference(booked=account.rows, booked_totals={account.currency: account.amount})
                    )
                return
            for account in unknown:
                currencies[account.name] = account.currency
        names = sorted(currencies)
        for first in range(0, len(names), _OPENED_AT_ONCE):
            some = {name: currencies[name] for name in names[first : first + _OPENED_AT_ONCE]}
            self._report.accounts_created += open_accounts(
                self._store, some, at=self._at, policy=self._policy
            )

    def _exported_row(self, row: DifferentRow) -> ExportedRow:
        if row.amount is None or row.currency is None or row.incurred_at is None:
            return ExportedRow(row.account_id, row.fee_key, row.seen, None)
        fee = FeeLine(
            row.fee_key,
            "",
            row.amount,
            row.currency,
            row.product,
            row.order_id,
            row.incurred_at,
            row.ended_at,
        )
        key = (
            earlier_key(row.amount, row.product, row.order_id, row.incurred_at) if self._any_earlier else None
        )
        return ExportedRow(row.account_id, row.fee_key, row.seen, fee, key)

    def _settle(self, tx: Connection, rows: list[ExportedRow]) -> Difference:
        difference = Difference()

        def plan(snapshot: Snapshot) -> Changes:
            nonlocal difference
            changes, difference = plan_snapshot(
                snapshot, rows, import_id=self._import_id, export_id=self._export_id, at=self._at, policy=self._policy
            )  # fmt: skip
            return changes

        names = fee_snapshots.names_of(tx, {row.account_id for row in rows}) if self._any_earlier else {}
        scope = Scope(
            ids=sorted({row.account_id for row in rows}),
            # No fee goes to a bill before this one: what is older is late.
            from_cycle=last_cycle_issued_by(self._at, self._policy),
            export=ExportScope(
                self._import_id,
                booked=[(row.account_id, row.fee_key) for row in rows],
                earlier=list(_earlier(rows, names)),
                export_id=self._export_id,
            ),
        )
        settle(tx, scope, plan, at=self._at, dry_run=self._dry_run)
        return difference


def _earlier(rows: list[ExportedRow], names: dict[int, str]) -> Iterator[EarlierRow]:
    seen: set[tuple[int, UUID]] = set()
    for row in rows:
        if row.earlier_key is None or row.fee is None or (row.account_id, row.earlier_key) in seen:
            continue
        seen.add((row.account_id, row.earlier_key))
        fee = row.fee
        yield EarlierRow(
            names[row.account_id], row.earlier_key, fee.incurred_at, fee.amount, fee.product, fee.order_id
        )


def _facts(report: SnapshotReport, *, dry_run: bool) -> dict[str, object]:
    difference = report.difference
    return {
        "snapshot": True, "dry_run": dry_run, "provider": report.provider,
        "period_start": instant_text(report.period_start), "rows": report.rows, "accepted": difference.booked,
        "taken_back": difference.taken_back, "duplicate": report.unchanged, "refused": report.refused,
        "totals": _plain(difference.booked_totals), "taken_back_totals": _plain(difference.taken_back_totals),
    }  # fmt: skip


def _plain(totals: dict[str, Decimal]) -> dict[str, str]:
    return {currency: f"{total:f}" for currency, total in totals.items()}
