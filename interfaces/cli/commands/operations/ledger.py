"""`settle ledger export`: every entry, for a spreadsheet or for a program that adds it all up again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import tzinfo
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import to_cycle, to_instant
from interfaces.cli.options import OutputOption
from interfaces.cli.render.destination import sink
from interfaces.cli.render.output import is_terminal, remark
from interfaces.cli.render.progress import Reading, metered
from interfaces.cli.session import opened
from settlement.model.cycle import Cycle
from settlement.rules.calendar import cycle_bounds

if TYPE_CHECKING:
    from settlement.queries.ledger import Period

app = typer.Typer(help="The ledger: one balanced entry for every movement of money.", no_args_is_help=True)


class Form(StrEnum):
    """How the ledger is written."""

    CSV = "csv"
    HLEDGER = "hledger"


@app.command("export")
def export(
    form: Annotated[
        Form,
        typer.Option(
            "--format", help="csv, or a journal that `hledger check` proves against the stored balances."
        ),
    ] = Form.CSV,
    cycle: Annotated[
        int | None,
        typer.Option(
            parser=to_cycle, metavar="YYYY-MM", help="Only entries posted in this month, billing zone."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="INSTANT", help="Only entries posted at this instant or later."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="INSTANT", help="Only entries posted before this instant.")
    ] = None,
    output: OutputOption = None,
) -> None:
    """Write the ledger's entries in the order of posting. Memory stays flat however many there are.

    The journal of a period begins with what every account held before it and asserts what it held at its end.
    """
    from settlement.operations.reports.ledger import export_ledger

    with opened() as runtime:
        period = _period(cycle, since, until, runtime.policy.zone)
        with sink(output) as write, _progress(output) as on_progress:
            done = export_ledger(
                runtime.store, write, form=form.value, period=period, at=runtime.as_of(), policy=runtime.policy,
                on_progress=on_progress,
            )  # fmt: skip
    if output is not None:
        asserted = f", {done.balances:,} balances asserted" if form is Form.HLEDGER else ""
        remark(f"{output}: {done.entries:,} entries{asserted}")


def _period(cycle: int | None, since: str | None, until: str | None, zone: tzinfo) -> Period:
    from settlement.queries.ledger import Period

    if cycle is not None:
        if since is not None or until is not None:
            raise typer.BadParameter("either --cycle or --from and --to")
        return Period(*cycle_bounds(Cycle(cycle), zone))
    period = Period(*(None if bound is None else to_instant(bound, zone) for bound in (since, until)))
    if period.start is not None and period.end is not None and period.start >= period.end:
        raise typer.BadParameter("--from must be before --to")
    return period


def _no_progress(entries: int) -> None:
    """Progress that would come between the entries."""


@contextmanager
def _progress(output: Path | None) -> Iterator[Callable[[int], None]]:
    if output is None and is_terminal(sys.stdout):
        # The entries themselves are on the screen.
        yield _no_progress
        return
    with metered("ledger", unit="entries") as meter:
        yield lambda entries: meter.show(Reading(entries))
