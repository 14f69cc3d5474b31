"""Reads a billing export whole, before any of it is booked as the picture of a provider's billing period. Rule: R2.1h.

Only when all of it was read is it known what it shows no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from settlement import focus
from settlement.errors import Refused
from settlement.focus.columns import ColumnNames
from settlement.focus.lines import Batch, RefusedLine
from settlement.model.instants import instant_text
from settlement.operations.inbox.fee_imports import ImportProgress
from settlement.plans.bills.fee_snapshots import Difference
from settlement.storage.store import Store
from settlement.storage.work.fees import fee_snapshots
from settlement.storage.work.fees.fee_snapshots import StagedRow


@dataclass(slots=True)
class SnapshotReport:
    """What a snapshot did, or, of a dry run, would do. rows = booked now or before + refused.

    `provider` and `period_start` (UTC) name the picture. `unreadable` rows hold everything back: nothing is booked
    then, since what they stand for would seem gone.
    """

    provider: str
    period_start: datetime
    rows: int = 0
    refused: int = 0
    unreadable: int = 0
    accounts_created: int = 0
    difference: Difference = field(default_factory=Difference)

    @property
    def name(self) -> str:
        """The picture as people call it."""
        return picture_name(self.provider, self.period_start)

    @property
    def unchanged(self) -> int:
        """Rows that were booked before, as they are now."""
        return 0 if self.unreadable else self.rows - self.refused - self.difference.booked


def picture_name(provider: str, period_start: datetime) -> str:
    """A provider and the start of a billing period: `AWS from 2026-10-01T00:00:00Z`."""
    return f"{provider or 'a provider without a name'} from {instant_text(period_start)}"


class Staging:
    """Reads the files whole and keeps their rows."""

    def __init__(
        self,
        store: Store,
        import_id: int,
        provider: str | None,
        on_refused: Callable[[Path, RefusedLine], None],
        on_progress: Callable[[Path, ImportProgress], None],
    ) -> None:
        self._store = store
        self._import_id = import_id
        self._provider = provider
        self._on_refused = on_refused
        self._on_progress = on_progress
        self._report: SnapshotReport | None = None
        self._rows = self._unreadable = 0

    def read(self, paths: Sequence[Path], columns: ColumnNames, batch_rows: int) -> SnapshotReport:
        """Stages every row of every file."""
        for file_no, path in enumerate(paths):
            batches = focus.read(
                path, account_column=columns.account, cost_column=columns.cost, id_column=columns.id,
                product_column=columns.product, order_column=columns.order, decimal_comma=columns.decimal_comma,
                batch_rows=batch_rows,
            )  # fmt: skip
            for batch in batches:
                self._stage(file_no, path, batch)
                self._on_progress(path, ImportProgress(self._rows, batch.bytes_read, batch.total_bytes))
        report = self._report
        if report is None:
            raise Refused(
                "empty_file", f"{paths[0]}: no row that can be read, so nothing says what it is about"
            )
        report.rows, report.refused = self._rows, self._unreadable
        report.unreadable = self._unreadable
        return report

    def _stage(self, file_no: int, path: Path, batch: Batch) -> None:
        for refused in batch.refused:
            self._on_refused(path, refused)
        for row in batch.accepted:
            self._check_picture(path, row)
        staged = [
            StagedRow(
                self._rows + number, file_no, row.line, row.account, UUID(bytes=row.row_key), row.amount, row.currency,
                row.product, row.order_id, row.incurred_at, row.ended_at,
            )
            for number, row in enumerate(batch.accepted, 1)
        ]  # fmt: skip
        if staged:
            with self._store.transaction() as tx:
                fee_snapshots.stage(tx, self._import_id, staged)
        self._rows += batch.rows
        self._unreadable += len(batch.refused)

    def _check_picture(self, path: Path, row: focus.FeeLine) -> None:
        provider = row.provider if self._provider is None else self._provider
        report = self._report
        if report is None:
            self._report = SnapshotReport(provider, row.period)
        elif (report.provider, report.period_start) != (provider, row.period):
            other = picture_name(provider, row.period)
            raise Refused(
                "several_pictures",
                f"{path}: line {row.line} is of {other}, the rows before it of {report.name}; a snapshot is of one "
                "provider and one billing period: import each by itself",
            )
