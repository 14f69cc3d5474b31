"""The month close: beside hand-made SQL, by size, by processes, and stage by stage."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.month_close import growth as growths
from bench.month_close import measure, scaling
from bench.month_close import profile as profiles
from bench.parts.options import DEFAULT_ACCOUNTS, RESULTS, Accounts, Output, RangeSize, Repeats, Seed
from bench.parts.session import measuring, servers
from bench.place.stages import show
from bench.report import goals

Sample = Annotated[
    int, typer.Option(help="Bills of the one-transaction-per-bill run; 0 leaves it out.", min=0)
]
_RANGE_SIZES, _PROCESSES = list(scaling.RANGE_SIZES), list(scaling.PROCESSES)


def month_close(
    accounts: Accounts = DEFAULT_ACCOUNTS,
    repeats: Repeats = 5,
    orm_sample: Sample = 3000,
    range_size: RangeSize = None,
    seed: Seed = 1,
    output: Output = RESULTS,
) -> None:
    """The month close through Celery workers, beside hand-made SQL and one transaction per bill."""
    with measuring(output) as session:
        for size in accounts:
            # One transaction per bill is slow however many bills there are; it is measured beside the first size.
            sample = orm_sample if size == accounts[0] else 0
            measured = measure.measure(
                session.place, size, repeats=repeats, seed=seed, orm_sample=sample, range_size=range_size
            )
            session.keep_size("month_close", "accounts", measured)


def growth(
    smallest: Annotated[int, typer.Option(help="Accounts of the smallest month.", min=100)] = 1_000,
    largest: Annotated[
        int, typer.Option(help="Accounts of the largest month, at most.", min=100)
    ] = 3_000_000,
    repeats: Annotated[
        int, typer.Option(help="Pairs of a small month; a large one has fewer.", min=1)
    ] = growths.MOST_REPEATS,
    seed: Seed = 1,
    output: Output = RESULTS,
) -> None:
    """What a bill costs, by the clock and in CPU time, in months of 1,000 to 3,000,000 accounts."""
    with measuring(output) as session:
        for size, pairs in growths.sizes(smallest, largest, repeats):
            measured = measure.measure(
                session.place, size, repeats=pairs, seed=seed, orm_sample=0, range_size=None
            )
            session.keep_size("growth", "accounts", measured)


def scale(
    accounts: Annotated[
        int, typer.Option(help="Accounts of each month close.", min=100)
    ] = goals.GOAL_ACCOUNTS,
    repeats: Annotated[
        int, typer.Option(help="How often 1 and 2 processes are measured, turn by turn.", min=1)
    ] = 5,
    rounds: Annotated[int, typer.Option(help="How often each combination is measured.", min=1)] = 3,
    range_size: Annotated[
        list[int], typer.Option(help="Accounts per range to measure; give it several times.", min=1)
    ] = _RANGE_SIZES,
    processes: Annotated[
        list[int], typer.Option(help="Worker processes to measure; give it several times.", min=1)
    ] = _PROCESSES,
    seed: Seed = 1,
    output: Output = RESULTS,
) -> None:
    """Bills a second of 2 worker processes beside 1, and by size of ranges and number of processes."""
    with measuring(output) as session:
        measured = scaling.measure(
            session.place, accounts, repeats=repeats, rounds=rounds, range_sizes=range_size, processes=processes,
            seed=seed,
        )  # fmt: skip
        session.keep("scaling", measured)


def profile(
    accounts: Annotated[int, typer.Option(help="Accounts of the month close.", min=100)] = 20_000,
    repeats: Repeats = 3,
    seed: Seed = 1,
) -> None:
    """The CPU time of a bill of the month close, stage by stage, in one process; nothing is kept of it."""
    with servers() as place:
        found = profiles.measure(place, accounts, repeats=repeats, seed=seed)
    show("CPU time per bill", "A month close in one process", found)
