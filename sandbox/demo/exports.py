"""The exports of a month in the demonstration: written, imported, one of them twice, and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from interfaces.cli.render.progress import Meter, Reading
from interfaces.fields.values import local
from sandbox.demo.sample_focus import SampleAccount, SampleFile, write_month
from sandbox.demo.stage import Stage
from sandbox.demo.steps import must
from settlement.focus.lines import RefusedLine
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.runs import MONTH_CLOSE
from settlement.operations.inbox.fee_imports import ImportProgress, ImportReport, import_fees
from settlement.operations.schedule.tick import start_due
from settlement.queries import runs
from settlement.rules.calendar import cycle_bounds
from worker.runtime import Runtime

BROKEN_ROWS_IN = 500
BATCH_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Exports:
    """The month is over: its exports come, and one of them comes twice."""

    stage: Stage
    runtime: Runtime
    cycle: Cycle
    accounts: Sequence[SampleAccount]
    rows: int
    seed: int
    set_clock: Callable[[datetime], None]

    def play(self, meter: Meter) -> Sequence[str]:
        """What happened, in sentences."""
        month_end = cycle_bounds(self.cycle, self.runtime.policy.zone)[1]
        self.set_clock(month_end + timedelta(hours=9))
        meter.show(Reading(0, None, "the providers write their exports"))
        files = write_month(
            self.stage.folder / "focus",
            accounts=self.accounts,
            month=cycle_text(self.cycle),
            rows=self.rows,
            seed=self.seed,
            broken=max(1, self.rows // BROKEN_ROWS_IN),
        )
        refused: list[tuple[str, RefusedLine]] = []
        reports: list[ImportReport] = []
        for file in files:
            reports.append(self._import(meter, file.path, refused, before=sum(one.rows for one in reports)))
        _compare(reports, files)
        again = self._import(meter, files[0].path, [], before=0)
        must(
            again.accepted == 0 and again.duplicate == reports[0].accepted,
            f"{again.file_name} imported a second time booked {again.accepted} rows",
        )
        self._nothing_is_due()
        read, accepted = sum(report.rows for report in reports), sum(report.accepted for report in reports)
        name, line = refused[0]
        return (
            f"{read:,} rows in {len(files)} FOCUS exports ({', '.join(file.path.name for file in files)})",
            f"{accepted:,} booked, exact to the last digit",
            f"{len(refused)} refused, as line {line.line} of {name}: {line.reason}",
            f"{again.file_name} once more: {again.duplicate:,} known already, none booked",
            f"{local(self.runtime.now(), self.runtime.policy.zone)}: the month is over, and nothing is due yet",
        )

    def _import(
        self, meter: Meter, path: Path, refused: list[tuple[str, RefusedLine]], *, before: int
    ) -> ImportReport:
        """Imports a file of the month, `before` of whose rows were in the files before it."""

        def hear(progress: ImportProgress) -> None:
            meter.show(Reading(before + progress.rows, self.rows, path.name))

        return import_fees(
            self.runtime.store,
            path,
            at=self.runtime.now(),
            policy=self.runtime.policy,
            batch_rows=BATCH_ROWS,
            on_refused=lambda line: refused.append((path.name, line)),
            on_progress=hear,
        )

    def _nothing_is_due(self) -> None:
        owed = start_due(
            self.runtime.store,
            at=self.runtime.now(),
            policy=self.runtime.policy,
            limits=self.runtime.month_close_limits,
        )
        with self.runtime.store.transaction() as tx:
            closes = [run for run in runs.newest(tx, 5) if run.kind == MONTH_CLOSE]
            must(not owed and not closes, "a month close began before its time")


def _compare(reports: Sequence[ImportReport], files: Sequence[SampleFile]) -> None:
    """What was imported is what was written, row for row and digit for digit."""
    for report, file in zip(reports, files, strict=True):
        must(
            (report.rows, report.refused, report.duplicate) == (file.rows, file.broken, 0),
            f"{report.file_name}: {report.rows} rows, {report.refused} refused, {report.duplicate} known already; "
            f"written were {file.rows}, {file.broken} of them broken",
        )
    booked: Counter[str] = Counter()
    written: Counter[str] = Counter()
    for report, file in zip(reports, files, strict=True):
        for totals, sums in ((report.totals, booked), (file.totals, written)):
            for currency, amount in totals.items():
                sums[currency] += amount  # type: ignore[assignment]
    must(booked == written, f"booked were {dict(booked)}, written {dict(written)}")
