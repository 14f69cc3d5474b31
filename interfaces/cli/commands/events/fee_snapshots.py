"""`settle fees import --snapshot`: an export as the whole state of its provider and billing period."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import print_facts, print_heading, print_json, print_table, remark
from interfaces.cli.render.progress import Reading, metered
from interfaces.cli.render.refused_rows import Refusals, RefusedRow
from interfaces.fields.field import Column
from interfaces.fields.values import Json, exact, exact_text
from settlement.model.money import EXACT

if TYPE_CHECKING:
    from settlement.focus.columns import ColumnNames
    from settlement.operations.inbox.fee_imports import ImportProgress
    from settlement.operations.inbox.fee_snapshot_staging import SnapshotReport
    from settlement.plans.bills.fee_snapshots import Difference
    from worker.runtime import Runtime


def import_as_snapshot(
    runtime: Runtime,
    files: list[Path],
    columns: ColumnNames,
    refusals: Refusals,
    *,
    create_accounts: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Imports the files as one picture, or shows what that would do, and prints the report."""
    from settlement.operations.inbox.fee_snapshots import import_snapshot

    with metered(f"import {files[0].name}", unit="rows") as meter:
        report = import_snapshot(
            runtime.store, files, at=runtime.now(), policy=runtime.policy, columns=columns,
            create_accounts=create_accounts, dry_run=dry_run,
            on_refused=lambda file, line: refusals.add(RefusedRow(file.name, line.line, line.raw, line.reason)),
            on_progress=lambda _, progress: meter.show(reading(progress)),
        )  # fmt: skip
    if as_json:
        print_json({**_as_json(report, dry_run=dry_run), **refusals.as_json()})
    else:
        _print(report, dry_run=dry_run)
        refusals.print()
    if report.unreadable:
        raise CommandFailed(
            ExitCode.REFUSED,
            f"{report.unreadable:,} of {report.rows:,} rows cannot be read, so nothing was booked: what they stand for "
            "would seem gone",
            "put them right and import the same files again",
        )
    if report.refused:
        raise CommandFailed(
            ExitCode.REFUSED,
            f"{report.refused:,} of {report.rows:,} rows were refused",
            "put right what they were refused for and import the same files again; until then their accounts keep what "
            "they have",
        )


def reading(progress: ImportProgress) -> Reading:
    """Bytes say how much is left, rows how fast it goes; the rows of the rest are reckoned by the bytes."""
    return Reading(progress.rows, progress.rows * progress.total_bytes / (progress.bytes_read or 1))


def totals_json(totals: dict[str, Decimal]) -> Json:
    """Exact sums by currency, in its order."""
    return [exact(amount, currency) for currency, amount in sorted(totals.items())]


def _as_json(report: SnapshotReport, *, dry_run: bool) -> dict[str, Json]:
    difference = report.difference
    return {
        "provider": report.provider,
        "period_start": report.period_start,
        "dry_run": dry_run,
        "rows": report.rows,
        "accepted": difference.booked,
        "taken_back": difference.taken_back,
        "duplicate": report.unchanged,
        "late": difference.late,
        "elsewhere": difference.elsewhere,
        "refused": report.refused,
        "accounts_created": report.accounts_created,
        "totals": totals_json(difference.booked_totals),
        "taken_back_totals": totals_json(difference.taken_back_totals),
    }


def _print(report: SnapshotReport, *, dry_run: bool) -> None:
    difference = report.difference
    print_facts(
        [
            ("snapshot", report.name),
            ("rows", f"{report.rows:,}"),
            ("booked", f"{difference.booked:,}"),
            ("taken back", f"{difference.taken_back:,}"),
            ("unchanged", f"{report.unchanged:,}"),
            ("into a later month", f"{difference.late:,}"),
            ("refused", f"{report.refused:,}"),
            ("accounts opened", f"{report.accounts_created:,}"),
        ]
    )
    currencies = sorted(difference.booked_totals | difference.taken_back_totals)
    if currencies:
        print_heading("exact totals")
        names = ("booked", "taken back", "difference")
        print_table(
            [Column(name, right=True) for name in names], [_sums(difference, one) for one in currencies]
        )
    if difference.elsewhere:
        remark(
            f"{difference.elsewhere:,} rows are booked already, but not as part of this snapshot (under another "
            "provider, or before snapshots were kept): they are not booked again, and not taken back when they are gone"
        )
    if dry_run:
        remark("dry run: nothing was booked")


def _sums(difference: Difference, currency: str) -> list[str]:
    booked = difference.booked_totals.get(currency, Decimal(0))
    back = difference.taken_back_totals.get(currency, Decimal(0))
    return [exact_text(amount, currency) for amount in (booked, back, EXACT.subtract(booked, back))]
