"""`settle clock` and `settle tick`: a clock for trying things out, and whatever is due now."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from interfaces.cli.arguments import to_duration, to_instant
from interfaces.cli.commands.operations.runs import reading_of
from interfaces.cli.nudges import nudge_tick
from interfaces.cli.render.output import JsonOption, print_facts, print_json
from interfaces.cli.render.progress import Reading, metered, watched
from interfaces.cli.session import opened
from interfaces.fields.field import as_objects
from interfaces.fields.runs import RUNS
from interfaces.fields.values import Json, counted, instant, local
from settlement.errors import Refused
from settlement.model.cycle import Cycle, cycle_of, cycle_text, next_cycle
from settlement.model.report import Report
from settlement.model.runs import MONTH_CLOSE

if TYPE_CHECKING:
    from config.settings import Settings
    from settlement.queries.runs import RunView
    from worker.runtime import Runtime

RUNS_COMPARED = 1000

app = typer.Typer(help="The test clock, where SETTLE_TEST_CLOCK=1 allows it.", no_args_is_help=True)

RunOption = Annotated[
    bool, typer.Option("--run", help="Do in this process what falls due on the way, each at its own instant.")
]


@app.command("show")
def show_clock(as_json: JsonOption = False) -> None:
    """What counts as now, and what comes next."""
    with opened() as runtime:
        _print_clock(runtime, as_json=as_json)


@app.command("set")
def set_clock(
    at: Annotated[
        str, typer.Argument(metavar="INSTANT", help="Like 2026-11-02T12:00; local to the billing zone.")
    ],
    run: RunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Sets the test clock; it stands still until it is moved again, and moves forwards only."""
    from settlement.operations import test_clock

    with opened() as runtime:
        require_test_clock(runtime.settings)
        to = to_instant(at, runtime.policy.zone)
        stands_at = test_clock.read(runtime.store)
        _move(runtime, stands_at or to, to, run=run)
        _print_clock(runtime, as_json=as_json)


@app.command("advance")
def advance_clock(
    by: Annotated[str | None, typer.Argument(metavar="[LENGTH]", help="Like 3d, 12h, 1d12h.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="INSTANT", help="To this instant.")] = None,
    to_next: Annotated[
        bool, typer.Option("--to-next", help="To the next instant at which something is due.")
    ] = False,
    run: RunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Moves the test clock forwards."""
    if (by is not None, to is not None, to_next).count(True) != 1:
        raise typer.BadParameter("say how far: a length such as 3d, or --to INSTANT, or --to-next")
    with opened() as runtime:
        require_test_clock(runtime.settings)
        now = runtime.as_of()
        if by is not None:
            target = _later(now, by)
        elif to is not None:
            target = to_instant(to, runtime.policy.zone)
        else:
            target = upcoming(runtime, now)[0].at
        _move(runtime, now, target, run=run)
        _print_clock(runtime, as_json=as_json)


def tick(as_json: JsonOption = False) -> None:
    """Does whatever is due now, in this process. Waiting events, months owed (oldest first), charges, refunds."""
    from settlement.queries import runs

    with opened() as runtime:
        with runtime.store.transaction() as tx:
            before = {run.id: run for run in runs.newest(tx, RUNS_COMPARED)}
        events, refused = do_due_work(runtime)
        with runtime.store.transaction() as tx:
            after = runs.newest(tx, RUNS_COMPARED)
    worked = [run for run in after if _has_moved(before.get(run.id), run)]
    if as_json:
        print_json({"events": events, "refused": refused, "runs": as_objects(RUNS, worked)})
        return
    if not events and not worked:
        print("nothing is due")
        return
    if events:
        print(f"{counted(events, 'event')} handled, {refused:,} of them refused")
    for run in worked:
        came_of_it = f", {_issued(run.report)}" if run.kind == MONTH_CLOSE else ""
        print(
            f"run {run.id}: {run.kind.replace('_', ' ')} of {cycle_text(run.cycle)} is {run.state}{came_of_it}"
        )


class Upcoming(NamedTuple):
    """The next instant (UTC) of a calendar job, and the month it is for."""

    job: str
    cycle: Cycle
    at: datetime


def upcoming(runtime: Runtime, now: datetime) -> list[Upcoming]:
    """The next instant of every calendar job, the nearest first."""
    from settlement.operations.schedule.calendar_jobs import CALENDAR_JOBS

    policy, cycle = runtime.policy, cycle_of(now, runtime.policy.zone)
    found = []
    for job in CALENDAR_JOBS:
        # The month before is issued in this one, on its 28th at the latest.
        before = cycle_of(now - timedelta(days=28), policy.zone)
        candidates = (before, cycle, next_cycle(cycle))
        instants = ((month, job.instant_of(month, policy)) for month in candidates)
        found.append(Upcoming(job.kind, *next((month, at) for month, at in instants if at > now)))
    return sorted(found, key=lambda one: one.at)


def do_due_work(runtime: Runtime) -> tuple[int, int]:
    """Does what is due, with its progress shown. Returns how many events were handled, and refused among them."""
    from interfaces.cli.commands.payments.charges import run_collection
    from interfaces.cli.commands.payments.refunds import run_refunds
    from settlement.operations.inbox.drain import drain_all
    from settlement.operations.schedule.tick import run_due

    with ExitStack() as stack:
        meter = stack.enter_context(metered("due", unit=""))
        stack.enter_context(watched(meter, lambda: _reading(runtime)))
        done = drain_all(runtime.store, clock=runtime.now, policy=runtime.policy, limits=runtime.drain_limits)
        run_due(
            runtime.store,
            clock=runtime.now,
            policy=runtime.policy,
            drain_limits=runtime.drain_limits,
            month_close_limits=runtime.month_close_limits,
        )
        run_collection(runtime)
        run_refunds(runtime)
    return done.events, done.refused


def clock_json(runtime: Runtime) -> dict[str, Json]:
    """The clock for programs."""
    stands_at = _stands_at(runtime)
    now = runtime.as_of()
    return {
        "allowed": runtime.settings.test_clock,
        "test_clock": instant(stands_at),
        "now": instant(now),
        "open_cycle": cycle_text(cycle_of(now, runtime.policy.zone)),
        "next": [
            {"job": one.job, "cycle": cycle_text(one.cycle), "at": instant(one.at)}
            for one in upcoming(runtime, now)
        ],
    }


def require_test_clock(settings: Settings) -> None:
    """Refuses where the test clock may not be moved.

    Raises:
        Refused: `test_clock_off`.
    """
    if not settings.test_clock:
        raise Refused(
            "test_clock_off",
            "the test clock may not be moved here: set SETTLE_TEST_CLOCK=1 for this command and for the workers, "
            "never in production",
        )


def _stands_at(runtime: Runtime) -> datetime | None:
    from settlement.operations import test_clock

    return test_clock.read(runtime.store)


def _later(now: datetime, by: str) -> datetime:
    try:
        return now + to_duration(by)
    except OverflowError:
        raise typer.BadParameter(f"{by!r} is too long") from None


def _move(runtime: Runtime, start: datetime, target: datetime, *, run: bool) -> None:
    """Moves to the target; with `run` by way of every instant at which something is due, oldest first."""
    from settlement.operations import test_clock
    from settlement.operations.schedule.calendar_jobs import CALENDAR_JOBS

    test_clock.check(target)
    jobs = CALENDAR_JOBS if run else ()
    steps = sorted(at for job in jobs for _, at in job.between(start, target, runtime.policy))
    if not steps or steps[-1] != target:
        steps.append(target)
    for at in steps:
        test_clock.move(runtime.store, at)
        if run:
            do_due_work(runtime)
    if not run:
        nudge_tick(runtime)


def _reading(runtime: Runtime) -> Reading:
    """The run under way, or else the events that wait."""
    from settlement.queries import backlog, runs

    with runtime.store.transaction() as tx:
        newest = runs.newest(tx, 1)
        if newest and newest[0].state == "running":
            reading = reading_of(newest[0])
            return reading._replace(note=f"accounts of {cycle_text(newest[0].cycle)} {reading.note}".rstrip())
        return Reading(0, None, f"{backlog.counts(tx).inbox_waiting:,} events wait")


def _has_moved(before: RunView | None, after: RunView) -> bool:
    if before is None:
        return True
    return (before.state, before.accounts_done, before.ranges_failed) != (
        after.state, after.accounts_done, after.ranges_failed,
    )  # fmt: skip


def _issued(report: Report) -> str:
    return f"{counted(report.issued.total(), 'bill')} issued, {report.settled.total():,} settled"


def _print_clock(runtime: Runtime, *, as_json: bool) -> None:
    if as_json:
        print_json(clock_json(runtime))
        return
    zone, now, stands_at = runtime.policy.zone, runtime.as_of(), _stands_at(runtime)
    allowed = "allowed" if runtime.settings.test_clock else "not allowed (SETTLE_TEST_CLOCK is off)"
    print_facts(
        [
            ("now", local(now, zone)),
            (
                "test clock",
                f"{allowed}, " + ("not set" if stands_at is None else f"stands at {local(stands_at, zone)}"),
            ),
            ("open month", cycle_text(cycle_of(now, zone))),
            *(("next", upcoming_text(one, runtime)) for one in upcoming(runtime, now)),
        ]
    )


def upcoming_text(one: Upcoming, runtime: Runtime) -> str:
    """An upcoming instant for people."""
    return f"{one.job.replace('_', ' ')} of {cycle_text(one.cycle)} at {local(one.at, runtime.policy.zone)}"
