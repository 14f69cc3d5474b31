"""`settle fees import`: fees from FOCUS exports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.commands.events.fee_snapshots import import_as_snapshot, reading
from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import JsonOption, print_heading, print_json, print_rows
from interfaces.cli.render.progress import metered
from interfaces.cli.render.refused_rows import Refusals, RefusedRow, default_path
from interfaces.cli.session import opened
from interfaces.fields.fee_imports import ALL_FILES, FEE_TOTALS, FILES, all_files
from interfaces.fields.field import as_object, as_objects
from settlement import focus
from settlement.errors import Refused
from settlement.focus.columns import FOCUS_COLUMNS, PRODUCT, ColumnNames
from settlement.focus.lines import RefusedLine

if TYPE_CHECKING:
    from settlement.operations.inbox.fee_imports import ImportReport
    from worker.runtime import Runtime


app = typer.Typer(help="Fees: import of billing exports.", no_args_is_help=True)


@app.command("import")
def import_files(  # noqa: PLR0913, PLR0917 - one option per way in which exports differ
    files: Annotated[
        list[Path],
        typer.Argument(
            exists=True,
            dir_okay=False,
            readable=True,
            metavar="FILE...",
            help="FOCUS exports: CSV, gzipped CSV or Parquet, recognized by content.",
        ),
    ],
    account_column: Annotated[
        str, typer.Option(help="Which column names the paying account.")
    ] = FOCUS_COLUMNS.account,
    cost_column: Annotated[str, typer.Option(help="Which column holds the fee.")] = FOCUS_COLUMNS.cost,
    id_column: Annotated[
        str | None,
        typer.Option(help="Which column tells rows apart; default: what a row says of the charge."),
    ] = FOCUS_COLUMNS.id,
    product_column: Annotated[str, typer.Option(help="Which column names the product.")] = PRODUCT,
    order_column: Annotated[
        str | None, typer.Option(help="Which column names the order.")
    ] = FOCUS_COLUMNS.order,
    decimal_comma: Annotated[
        bool, typer.Option("--decimal-comma", help="Costs are written with a comma: 1.234,50.")
    ] = False,
    provider: Annotated[
        str | None, typer.Option(help="Who charges, where the files do not say it; default: ProviderName.")
    ] = None,
    snapshot: Annotated[
        bool,
        typer.Option(
            "--snapshot",
            help="The files are all of one provider's billing period: what is gone is taken back.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --snapshot: show the difference and book nothing.")
    ] = False,
    create_accounts: Annotated[
        bool, typer.Option("--create-accounts", help="Open accounts that the file names and nobody knows.")
    ] = False,
    refused: Annotated[
        Path | None, typer.Option(dir_okay=False, metavar="FILE", help="Where refused rows are written.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Books every row of the files that is not booked yet. Importing a file twice changes nothing.

    With --snapshot, the files together are the whole state of one provider and billing period: what is new is booked,
    what is gone is taken back, what is unchanged does nothing.

    Exits with 4 when rows were refused; the others are booked.
    """
    columns = ColumnNames(
        account_column, cost_column, id_column, product_column, order_column, decimal_comma, provider
    )
    if dry_run and not snapshot:
        raise Refused("needs_snapshot", "--dry-run shows what --snapshot would do; give both")
    for file in files:
        # All headers are looked at before a row of the first file is booked.
        focus.read(
            file, account_column=columns.account, cost_column=columns.cost, id_column=columns.id,
            product_column=columns.product, order_column=columns.order, decimal_comma=columns.decimal_comma,
        )  # fmt: skip
    with opened() as runtime, Refusals(refused or default_path(files[0])) as refusals:
        if snapshot:
            import_as_snapshot(
                runtime,
                files,
                columns,
                refusals,
                create_accounts=create_accounts,
                dry_run=dry_run,
                as_json=as_json,
            )
            return
        zone = runtime.policy.zone
        reports = [
            _import(runtime, file, columns, refusals, create_accounts=create_accounts) for file in files
        ]
    total = all_files(reports)
    if as_json:
        print_json({**as_object(ALL_FILES, total), "files": as_objects(FILES, reports), **refusals.as_json()})
    else:
        print_rows(FILES, reports if len(reports) == 1 else [*reports, total], zone)
        if total.totals:
            print_heading("accepted fees")
            print_rows(FEE_TOTALS, sorted(total.totals.items()), zone)
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
        return import_fees(
            runtime.store,
            file,
            at=runtime.now(),
            policy=runtime.policy,
            columns=columns,
            create_accounts=create_accounts,
            on_refused=lambda line: refusals.add(_refused_row(file, line)),
            on_progress=lambda progress: meter.show(reading(progress)),
        )


def _refused_row(file: Path, line: RefusedLine) -> RefusedRow:
    return RefusedRow(file.name, line.line, line.raw, line.reason)
