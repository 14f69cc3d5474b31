"""`settle fees import`: fees from FOCUS exports."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import JsonOption, print_heading, print_json, print_table
from interfaces.cli.render.progress import Reading, metered
from interfaces.cli.render.refused_rows import Refusals, RefusedRow, default_path
from interfaces.cli.session import opened
from interfaces.fields.field import Column
from interfaces.fields.values import Json, exact, exact_text
from settlement import focus
from settlement.focus.columns import FOCUS_COLUMNS, PRODUCT, ColumnNames
from settlement.focus.lines import RefusedLine
from settlement.model.money import EXACT

if TYPE_CHECKING:
    from settlement.operations.inbox.fee_imports import ImportProgress, ImportReport
    from worker.runtime import Runtime


fees_app = typer.Typer(help="Fees: import of billing exports.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds `fees`."""
    app.add_typer(fees_app, name="fees")
    # With one command, Typer would take `settle fees` for that command.
    fees_app.callback()(_nothing)


def _nothing() -> None:
    """Fees: import of billing exports."""


@fees_app.command("import")
def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            exists=True,
            dir_okay=False,
            readable=True,
            metavar="FILE...",
            help="FOCUS exports: CSV, gzipped CSV or Parquet, told by content.",
        ),
    ],
    account_column: Annotated[
        str, typer.Option(help="Which column names the paying account.")
    ] = FOCUS_COLUMNS.account,
    cost_column: Annotated[str, typer.Option(help="Which column holds the fee.")] = FOCUS_COLUMNS.cost,
    id_column: Annotated[
        str | None, typer.Option(help="Which column tells rows apart; default: all that a row says.")
    ] = FOCUS_COLUMNS.id,
    product_column: Annotated[str, typer.Option(help="Which column names the product.")] = PRODUCT,
    order_column: Annotated[
        str | None, typer.Option(help="Which column names the order.")
    ] = FOCUS_COLUMNS.order,
    create_accounts: Annotated[
        bool, typer.Option("--create-accounts", help="Open accounts that the file names and nobody knows.")
    ] = False,
    refused: Annotated[
        Path | None, typer.Option(dir_okay=False, metavar="FILE", help="Where refused rows are written.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Books every row of the files that is not booked yet. Importing a file twice changes nothing.

    Exits with 4 when rows were refused; the others are booked.
    """
    columns = ColumnNames(account_column, cost_column, id_column, product_column, order_column)
    for file in files:
        # All headers are looked at before a row of the first file is booked.
        focus.read(
            file, account_column=columns.account, cost_column=columns.cost, id_column=columns.id,
            product_column=columns.product, order_column=columns.order,
        )  # fmt: skip
    with opened() as runtime, Refusals(refused or default_path(files[0])) as refusals:
        reports = [
            _import(runtime, file, columns, refusals, create_accounts=create_accounts) for file in files
        ]
    total = _Total.of(reports)
    if as_json:
        print_json(
            {**total.as_json(), "files": [_report_json(report) for report in reports], **refusals.as_json()}
        )
    else:
        _print(reports, total)
        refusals.print()
    if total.refused:
        raise CommandFailed(
            ExitCode.REFUSED,
            f"{total.refused:,} of {total.rows:,} rows were refused",
            "put right what they were refused for and import the same files again: what is booked stays as it is",
        )


def _import(
    runtime: Runtime, file: Path, columns: ColumnNames, refusals: Refusals, *, create_accounts: bool
) -> ImportReport:
    from settlement.operations.inbox.fee_imports import import_fees

    with metered(f"import {file.name}", unit="rows") as meter:

        def report_progress(progress: ImportProgress) -> None:
            # Bytes say how much is left, rows how fast it goes; the rows of the rest are reckoned by the bytes.
            read = progress.bytes_read or 1
            meter.show(Reading(progress.rows, progress.rows * progress.total_bytes / read))

        return import_fees(
            runtime.store,
            file,
            at=runtime.now(),
            policy=runtime.policy,
            columns=columns,
            create_accounts=create_accounts,
            on_refused=lambda line: refusals.add(_refused_row(file, line)),
            on_progress=report_progress,
        )


def _refused_row(file: Path, line: RefusedLine) -> RefusedRow:
    return RefusedRow(file.name, line.line, line.raw, line.reason)


@dataclass(slots=True)
class _Total:
    rows: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    accounts_created: int = 0
    totals: dict[str, Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, reports: list[ImportReport]) -> _Total:
        total = cls()
        for report in reports:
            total.rows += report.rows
            total.accepted += report.accepted
            total.duplicate += report.duplicate
            total.refused += report.refused
            total.accounts_created += report.accounts_created
            for currency, amount in report.totals.items():
                total.totals[currency] = EXACT.add(total.totals.get(currency, Decimal(0)), amount)
        return total

    def as_json(self) -> dict[str, Json]:
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "duplicate": self.duplicate,
            "refused": self.refused,
            "accounts_created": self.accounts_created,
            "totals": _totals_json(self.totals),
        }


def _totals_json(totals: dict[str, Decimal]) -> Json:
    return [exact(amount, currency) for currency, amount in sorted(totals.items())]


def _report_json(report: ImportReport) -> Json:
    return {
        "file": report.file_name,
        "rows": report.rows,
        "accepted": report.accepted,
        "duplicate": report.duplicate,
        "refused": report.refused,
        "accounts_created": report.accounts_created,
        "totals": _totals_json(report.totals),
    }


def _print(reports: list[ImportReport], total: _Total) -> None:
    columns = (
        Column("file"), Column("rows", right=True), Column("accepted", right=True), Column("known already", right=True),
        Column("refused", right=True), Column("accounts opened", right=True),
    )  # fmt: skip
    rows = [_row(report.file_name, report) for report in reports]
    print_table(columns, [*rows, _row("all", total)] if len(rows) > 1 else rows)
    if total.totals:
        print_heading("accepted fees")
        print_table(
            (Column("exact total", right=True),),
            [(exact_text(amount, currency),) for currency, amount in sorted(total.totals.items())],
        )


def _row(name: str, counts: ImportReport | _Total) -> tuple[str, ...]:
    figures = (counts.rows, counts.accepted, counts.duplicate, counts.refused, counts.accounts_created)
    return (name, *(f"{figure:,}" for figure in figures))
