"""`python -m bench`: everything, or one of its parts, with sizes by option."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import redis
import typer

from bench import audit as audit_benchmark
from bench import console as console_benchmark
from bench import focus as focus_benchmark
from bench import overdue as overdue_benchmark
from bench import threshold as threshold_benchmark
from bench import unified as unified_benchmark
from bench import waiting as waiting_benchmark
from bench import webhooks as webhooks_benchmark
from bench import years as years_benchmark
from bench.events import measure as events_benchmark
from bench.events import profile as event_profile
from bench.month_close import measure as month_close_benchmark
from bench.month_close import profile as month_close_profile
from bench.place.place import Place
from bench.place.progress import Progress
from bench.place.servers import Server
from bench.quick import measure as quick_measure
from bench.quick import release
from bench.report import goals, results, tables
from sandbox.local.block import broker_server

RESULTS = Path(__file__).with_name("results.json")
# The exit code of `quick` where something is dearer than it was.
DEARER = 5

app = typer.Typer(
    help="Benchmarks: each pair measured in one run on one machine, on an embedded PostgreSQL and Valkey of their own, "
    "or on those that SETTLE_DATABASE_URL and SETTLE_BROKER_URL name.",
    pretty_exceptions_enable=False,
    add_completion=False,
)
Accounts = Annotated[
    list[int], typer.Option(help="Accounts of the month close. Give it twice to compare two sizes.", min=100)
]
Events = Annotated[int, typer.Option(help="Top-ups per measurement.", min=200)]
Repeats = Annotated[int, typer.Option(help="How often each pair is measured.", min=1)]
Processes = Annotated[int, typer.Option(help="Worker processes for events and for no-op tasks.", min=1)]
Sample = Annotated[
    int, typer.Option(help="Bills of the one-transaction-per-bill run; 0 leaves it out.", min=0)
]
Samples = Annotated[int, typer.Option(help="Top-ups followed for each latency.", min=20)]
Seed = Annotated[int, typer.Option(help="Of the generated data.")]
RangeSize = Annotated[int | None, typer.Option(help="Accounts per range; by default as configured.", min=1)]
Output = Annotated[Path, typer.Option(help="File of the results; sections not measured now are kept.")]

DEFAULT_ACCOUNTS = [goals.GOAL_ACCOUNTS]


@app.command("month-close")
def month_close(
    accounts: Accounts = DEFAULT_ACCOUNTS,
    repeats: Repeats = 5,
    orm_sample: Sample = 3000,
    range_size: RangeSize = None,
    seed: Seed = 1,
    output: Output = RESULTS,
) -> None:
    """The month close through Celery workers, beside hand-made SQL and one transaction per bill."""
    with _measuring(output) as session:
        _month_close(session, accounts, repeats, orm_sample, range_size, seed)


@app.command("doors")
def doors(
    events: Events = 20_000,
    accounts: Accounts = DEFAULT_ACCOUNTS,
    repeats: Repeats = 3,
    processes: Processes = 2,
    samples: Samples = 200,
    seed: Seed = 1,
    output: Output = RESULTS,
) -> None:
    """Top-ups per second beside Celery's no-op tasks, and latency, also while a month of --accounts closes."""
    with _measuring(output) as session:
        _events(session, events, accounts, repeats, processes, samples, seed)


@app.command("threshold")
def threshold(
    accounts: Annotated[
        int,
        typer.Option(help="Accounts with a payment method; one in 1,000 is over its threshold.", min=1000),
    ] = goals.LARGE_ACCOUNTS,
    repeats: Annotated[int, typer.Option(help="How often each query runs.", min=1)] = 50,
    output: Output = RESULTS,
) -> None:
    """Finding the accounts over their threshold, beside the same rows by primary key and a look at all."""
    with _measuring(output) as session:
        session.keep("threshold", threshold_benchmark.measure(session.place, accounts, repeats=repeats))


@app.command("overdue")
def overdue(
    bills: Annotated[
        int, typer.Option(help="Bills that become overdue on one day.", min=100)
    ] = goals.LARGE_ACCOUNTS,
    repeats: Repeats = 3,
    output: Output = RESULTS,
) -> None:
    """The daily check that finds them overdue, beside one hand-made statement that does."""
    with _measuring(output) as session:
        session.keep("overdue", overdue_benchmark.measure(session.place, bills, repeats=repeats))


@app.command("unified")
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
    with _measuring(output) as session:
        _unified(session, bills, accounts, repeats, samples, seed)


@app.command("audit")
def audit(
    bills: Annotated[int, typer.Option(help="Bills to audit, about.", min=1000)] = goals.LARGE_ACCOUNTS,
    repeats: Annotated[int, typer.Option(help="How often it is audited.", min=1)] = 3,
    seed: Seed = 1,
    output: Output = RESULTS,
) -> None:
    """`settle audit` over a closed month with its past."""
    with _measuring(output) as session:
        session.keep("audit", audit_benchmark.measure(session.place, bills, repeats=repeats, seed=seed))


@app.command("focus")
def focus(
    rows: Annotated[int, typer.Option(help="Rows of the export.", min=1000)] = goals.LARGE_ACCOUNTS,
    repeats: Repeats = 3,
    output: Output = RESULTS,
) -> None:
    """`settle fees import` of a Parquet file, beside pyarrow and COPY alone."""
    with _measuring(output) as session:
        session.keep("focus", focus_benchmark.measure(session.place, rows, repeats=repeats))


@app.command("console")
def console(
    bills: Annotated[int, typer.Option(help="Bills of six months together.", min=600)] = goals.LARGE_ACCOUNTS,
    repeats: Annotated[int, typer.Option(help="How often each page is asked for.", min=20)] = 100,
    output: Output = RESULTS,
) -> None:
    """Overview and lists of bills of the console, over HTTP."""
    with _measuring(output) as session:
        session.keep("console", console_benchmark.measure(session.place, bills, repeats=repeats))


@app.command("webhooks")
def webhooks(
    messages: Annotated[int, typer.Option(help="Announcements to deliver.", min=100)] = 2000,
    repeats: Repeats = 3,
    output: Output = RESULTS,
) -> None:
    """Deliveries of one process to receivers that take everything, beside the HTTP client alone."""
    with _measuring(output) as session:
        session.keep("webhooks", webhooks_benchmark.measure(session.place, messages, repeats=repeats))


@app.command("years")
def years(
    accounts: Annotated[int, typer.Option(help="Accounts, each with a bill every month.", min=10)] = 10_000,
    months: Annotated[int, typer.Option(help="Months that they live through.", min=3)] = 24,
    events: Annotated[int, typer.Option(help="Events about fees of an account and month.", min=1)] = 3,
    fees: Annotated[int, typer.Option(help="Fees of an event.", min=1)] = 5,
    output: Output = RESULTS,
) -> None:
    """Months after months, written out as they are over, beside the same without: size, and cost of a month close."""
    with _measuring(output) as session:
        measured = years_benchmark.measure(session.place, accounts, months, events=events, fees=fees)
        session.keep("years", measured)


@app.command("profile")
def profile(
    accounts: Annotated[int, typer.Option(help="Accounts of the month close.", min=100)] = 20_000,
    repeats: Repeats = 3,
    seed: Seed = 1,
) -> None:
    """The CPU time of a bill of the month close, stage by stage, in one process; nothing is kept of it."""
    with _servers() as place:
        found = month_close_profile.measure(place, accounts, repeats=repeats, seed=seed)
    month_close_profile.show(found)


@app.command("event-profile")
def profile_of_events(
    events: Annotated[int, typer.Option(help="Top-ups, each of which settles a bill.", min=100)] = 20_000,
    repeats: Repeats = 3,
    seed: Seed = 1,
) -> None:
    """The CPU time of an event, stage by stage, in one process; nothing is kept of it."""
    with _servers() as place:
        found = event_profile.measure(place, events, repeats=repeats, seed=seed)
    event_profile.show(found)


@app.command("quick")
def quick(
    *,
    record: Annotated[
        bool, typer.Option("--record", help="Write the figures down as those of this release.")
    ] = False,
) -> None:
    """CPU per bill and per event against the last recorded release, in about two minutes; 5 where one is dearer."""
    with _servers() as place:
        found = quick_measure.measure(place)
    figures = release.compare(found, release.recorded())
    release.show(figures)
    if record:
        release.record(found)
    elif not all(figure.is_good for figure in figures):
        raise typer.Exit(DEARER)


@app.command("all")
def everything(
    accounts: Accounts = DEFAULT_ACCOUNTS,
    events: Events = 20_000,
    repeats: Repeats = 3,
    orm_sample: Sample = 3000,
    processes: Processes = 2,
    samples: Samples = 200,
    range_size: RangeSize = None,
    seed: Seed = 1,
    output: Output = RESULTS,
) -> None:
    """All of them, in this order."""
    with _measuring(output) as session:
        place = session.place
        _month_close(session, accounts, repeats, orm_sample, range_size, seed)
        _events(session, events, accounts, repeats, processes, samples, seed)
        session.keep("threshold", threshold_benchmark.measure(place, goals.LARGE_ACCOUNTS, repeats=50))
        session.keep("overdue", overdue_benchmark.measure(place, goals.LARGE_ACCOUNTS, repeats=repeats))
        _unified(session, goals.UNIFIED_BILLS, accounts[0], repeats, samples, seed)


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Without a command: all."""
    if context.invoked_subcommand is None:
        context.invoke(everything)


@app.command("show")
def show(
    output: Output = RESULTS,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, for a document.")] = False,
) -> None:
    """The tables of the last results, measuring nothing."""
    tables.show(results.read(output), markdown=markdown)


@dataclass(frozen=True, slots=True)
class _Session:
    """Where is measured, and the file that the results go to as they come."""

    place: Place
    output: Path

    def keep(self, section: str, measured: dict[str, Any]) -> None:
        """Writes one section down, with where and with what it was measured."""
        with redis.Redis.from_url(self.place.broker_url) as client:
            info: Any = client.info("server")
        broker = f"{info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}"
        found = results.read(self.output)
        found[section] = {"machine": results.machine(self.place.server.version(), broker)} | measured
        results.write(self.output, found)


@contextmanager
def _servers() -> Iterator[Place]:
    """The servers, and a folder for their data and for logs, kept when a benchmark fails."""
    folder = Path(tempfile.mkdtemp(prefix="settle-bench-"))
    with Server.opened(folder) as server, broker_server(folder) as broker_url:
        yield Place(server, broker_url, folder, Progress())
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _measuring(output: Path) -> Iterator[_Session]:
    """The servers, then the tables."""
    with _servers() as place:
        yield _Session(place, output)
    tables.show(results.read(output))


def _month_close(
    session: _Session, accounts: list[int], repeats: int, orm_sample: int, range_size: int | None, seed: int
) -> None:
    for size in accounts:
        # One transaction per bill is slow however many bills there are; it is measured beside the first size.
        sample = orm_sample if size == accounts[0] else 0
        measured = month_close_benchmark.measure(
            session.place, size, repeats=repeats, seed=seed, orm_sample=sample, range_size=range_size
        )
        known = results.read(session.output).get("month_close", {}).get("sizes", [])
        sizes = [measured, *(other for other in known if other["accounts"] != size)]
        session.keep("month_close", {"sizes": sorted(sizes, key=lambda one: int(one["accounts"]))})


def _events(
    session: _Session, events: int, accounts: list[int], repeats: int, processes: int, samples: int, seed: int
) -> None:
    measured = events_benchmark.measure(
        session.place, events=events, accounts=accounts[0], repeats=repeats, processes=processes,
        samples=samples, seed=seed,
    )  # fmt: skip
    session.keep("events", measured)


def _unified(session: _Session, bills: int, accounts: int, repeats: int, samples: int, seed: int) -> None:
    measured = unified_benchmark.measure(session.place, bills, repeats=repeats)
    measured["waiting"] = waiting_benchmark.measure(session.place, accounts, samples=samples, seed=seed)
    session.keep("unified", measured)


if __name__ == "__main__":
    os.umask(0o022)
    app()
