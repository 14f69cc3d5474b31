"""What goes over very many rows at once: thresholds, overdue bills, the audit, an import, years."""

from __future__ import annotations

from typing import Annotated

import typer

from bench import audit as audits
from bench import focus as imports
from bench import overdue as daily_check
from bench import threshold as thresholds
from bench import years as lives
from bench.parts.options import RESULTS, Output, Repeats, Seed
from bench.parts.session import measuring
from bench.report import goals


def threshold(
    accounts: Annotated[
        int,
        typer.Option(help="Accounts with a payment method; one in 1,000 is over its threshold.", min=1000),
    ] = goals.LARGE_ACCOUNTS,
    repeats: Annotated[int, typer.Option(help="How often each query runs.", min=1)] = 50,
    output: Output = RESULTS,
) -> None:
    """Finding the accounts over their threshold, beside the same rows by primary key and a look at all."""
    with measuring(output) as session:
        session.keep("threshold", thresholds.measure(session.place, accounts, repeats=repeats))


def overdue(
    bills: Annotated[
        int, typer.Option(help="Bills that become overdue on one day.", min=100)
    ] = goals.LARGE_ACCOUNTS,
    repeats: Repeats = 3,
    output: Output = RESULTS,
) -> None:
    """The daily check that finds them overdue, beside one hand-made statement that does."""
    with measuring(output) as session:
        session.keep("overdue", daily_check.measure(session.place, bills, repeats=repeats))


def audit(
    bills: Annotated[int, typer.Option(help="Bills to audit, about.", min=1000)] = goals.LARGE_ACCOUNTS,
    repeats: Annotated[int, typer.Option(help="How often it is audited.", min=1)] = 3,
    seed: Seed = 1,
    output: Output = RESULTS,
) -> None:
    """`settle audit` over a closed month with its past."""
    with measuring(output) as session:
        session.keep("audit", audits.measure(session.place, bills, repeats=repeats, seed=seed))


def focus(
    rows: Annotated[
        int, typer.Option(help="Rows of the export; a tenth of them is imported before.", min=1000)
    ] = goals.LARGE_ACCOUNTS,
    repeats: Repeats = 3,
    output: Output = RESULTS,
) -> None:
    """`settle fees import` of a Parquet file, beside pyarrow and COPY alone."""
    with measuring(output) as session:
        session.keep_size("focus", "rows", imports.measure(session.place, rows, repeats=repeats))


def years(
    accounts: Annotated[int, typer.Option(help="Accounts, each with a bill every month.", min=10)] = 10_000,
    months: Annotated[int, typer.Option(help="Months that they live through.", min=3)] = 24,
    events: Annotated[int, typer.Option(help="Events about fees of an account and month.", min=1)] = 3,
    fees: Annotated[int, typer.Option(help="Fees of an event.", min=1)] = 5,
    output: Output = RESULTS,
) -> None:
    """Months after months, written out as they are over, beside the same without: size, and cost of a month close."""
    with measuring(output) as session:
        measured = lives.measure(session.place, accounts, months, events=events, fees=fees)
        session.keep("years", measured)
