"""What comes and goes one by one: events, settlements that wait, pages, webhooks."""

from __future__ import annotations

from typing import Annotated

import typer

from bench import console as consoles
from bench import unified as settlements
from bench import waiting
from bench import webhooks as deliveries
from bench.events import measure as events_benchmark
from bench.events import profile as profiles
from bench.parts.options import DEFAULT_ACCOUNTS, RESULTS, Accounts, Output, Repeats, Seed
from bench.parts.session import measuring, servers
from bench.place.stages import show
from bench.report import goals


def doors(
    events: Annotated[int, typer.Option(help="Top-ups per measurement.", min=200)] = 20_000,
    accounts: Accounts = DEFAULT_ACCOUNTS,
    repeats: Repeats = 3,
    processes: Annotated[
        int, typer.Option(help="Worker processes for events and for no-op tasks.", min=1)
    ] = 2,
    samples: Annotated[int, typer.Option(help="Top-ups followed for each latency.", min=20)] = 200,
    seed: Seed = 1,
    output: Output = RESULTS,
) -> None:
    """Top-ups per second beside Celery's no-op tasks, and latency, also while a month of --accounts closes."""
    with measuring(output) as session:
        measured = events_benchmark.measure(
            session.place, events=events, accounts=accounts[0], repeats=repeats, processes=processes,
            samples=samples, seed=seed,
        )  # fmt: skip
        session.keep("events", measured)


def event_profile(
    events: Annotated[int, typer.Option(help="Top-ups, each of which settles a bill.", min=100)] = 20_000,
    repeats: Repeats = 3,
    seed: Seed = 1,
) -> None:
    """The CPU time of an event, stage by stage, in one process; nothing is kept of it."""
    with servers() as place:
        found = profiles.measure(place, events, repeats=repeats, seed=seed)
    show("CPU time per event", "Top-ups in one process", found)


def unified(
    bills: Annotated[
        int, typer.Option(help="Bills of one settlement.", min=10, max=goals.UNIFIED_BILLS)
    ] = goals.UNIFIED_BILLS,
    accounts: Annotated[
        int, typer.Option(help="Accounts of the month close beside which settlements wait.", min=1000)
    ] = goals.GOAL_ACCOUNTS,
    repeats: Repeats = 3,
    samples: Annotated[int, typer.Option(help="Settlements that wait.", min=2)] = 100,
    seed: Seed = 1,
    output: Output = RESULTS,
) -> None:
    """A unified settlement beside hand-made SQL, and how soon one that waits completes after a top-up."""
    with measuring(output) as session:
        measured = settlements.measure(session.place, bills, repeats=repeats)
        measured["waiting"] = waiting.measure(session.place, accounts, samples=samples, seed=seed)
        session.keep("unified", measured)


def console(
    bills: Annotated[int, typer.Option(help="Bills of six months together.", min=600)] = goals.LARGE_ACCOUNTS,
    repeats: Annotated[int, typer.Option(help="How often each page is asked for.", min=20)] = 100,
    output: Output = RESULTS,
) -> None:
    """Overview and lists of bills of the console, over HTTP."""
    with measuring(output) as session:
        session.keep("console", consoles.measure(session.place, bills, repeats=repeats))


def webhooks(
    messages: Annotated[int, typer.Option(help="Announcements to deliver.", min=100)] = 2000,
    repeats: Repeats = 3,
    output: Output = RESULTS,
) -> None:
    """Deliveries of one process to receivers that take everything, beside the HTTP client alone."""
    with measuring(output) as session:
        session.keep("webhooks", deliveries.measure(session.place, messages, repeats=repeats))
