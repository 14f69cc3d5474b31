"""`settle runs`: how far long work is, and a hand on its brake."""

from __future__ import annotations

import time
from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import to_cycle, to_number
from interfaces.cli.nudges import nudge_run, nudge_thresholds
from interfaces.cli.render.output import JsonOption, LimitOption, print_facts, print_json, print_rows, remark
from interfaces.cli.render.progress import Reading, metered
from interfaces.cli.session import opened, reading
from interfaces.fields.field import as_object, as_objects
from interfaces.fields.runs import RUNS
from interfaces.fields.values import duration, local
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.runs import THRESHOLD_CHECK

if TYPE_CHECKING:
    from settlement.queries import Store
    from settlement.queries.runs import RunView

WATCHED_EVERY_S = 0.5

app = typer.Typer(help="Runs: start, list, show, pause, resume.", no_args_is_help=True)

RunArgument = Annotated[
    int, typer.Argument(parser=to_number, metavar="RUN", help="Its number, from `settle runs list`.")
]


@app.command("list")
def list_runs(limit: LimitOption = 50, as_json: JsonOption = False) -> None:
    """Runs, the newest first."""
    from settlement.queries import runs

    with reading() as read:
        found = runs.newest(read.tx, limit)
    if as_json:
        print_json({"runs": as_objects(RUNS, found)})
        return
    print_rows(RUNS, found, read.zone)


@app.command("show")
def show_run(
    run_id: RunArgument,
    watch: Annotated[bool, typer.Option("--watch", help="Stay until it is done or paused.")] = False,
    as_json: JsonOption = False,
) -> None:
    """One run: progress, and what it came to so far."""
    with opened() as runtime:
        zone = runtime.policy.zone
        run = _watch(runtime.store, run_id) if watch else _get(runtime.store, run_id)
    if as_json:
        print_json(as_object(RUNS, run))
        return
    print_run(run, zone)


@app.command("start")
def start_run(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="month_close, month_end_sweep or threshold_check.")
    ],
    cycle: Annotated[
        int | None,
        typer.Option(parser=to_cycle, metavar="YYYY-MM", help="Of a month close or a sweep: the month."),
    ] = None,
    accounts: Annotated[
        list[str] | None,
        typer.Option("--account", metavar="NAME", help="Only for this account, at once; repeat for more."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Starts work for another scheduler, or finds it: refused before its time, harmless to repeat."""
    from settlement.operations.schedule import requested_runs

    with opened() as runtime:
        wanted = requested_runs.requested(kind)
        started = requested_runs.start_run(
            runtime.store, wanted, None if cycle is None else Cycle(cycle), accounts or (),
            at=runtime.now(), policy=runtime.policy, limits=runtime.month_close_limits,
        )  # fmt: skip
        if wanted == THRESHOLD_CHECK:
            nudge_thresholds(runtime)
        elif started.has_work and started.run_id is not None:
            nudge_run(runtime, started.run_id)
        run = None if started.run_id is None else _get(runtime.store, started.run_id)
    if as_json:
        print_json({"kind": wanted, "run": None if run is None else as_object(RUNS, run)})
    elif run is None:
        print("thresholds are checked" if accounts else "the workers check thresholds now")
    else:
        print(f"run {run.id} is {run.state}; `settle runs show {run.id} --watch` follows it")


@app.command("pause")
def pause_run(run_id: RunArgument, as_json: JsonOption = False) -> None:
    """Hands out no more of it; what workers hold of it already, they finish."""
    from settlement.operations.schedule import runs as acts

    with opened() as runtime:
        changed = acts.pause_run(runtime.store, run_id)
        run = _get(runtime.store, run_id)
    _print_change(run, "is paused now" if changed else f"is {run.state}: nothing to pause", as_json=as_json)


@app.command("resume")
def resume_run(run_id: RunArgument, as_json: JsonOption = False) -> None:
    """Lets a paused run go on, and gives what failed in it another try."""
    from settlement.operations.schedule import runs as acts

    with opened() as runtime:
        acts.resume_run(runtime.store, run_id)
        run = _get(runtime.store, run_id)
        if run.state == "running":
            nudge_run(runtime, run_id)
    outcome = "goes on" if run.state == "running" else f"is {run.state}: nothing to resume"
    _print_change(run, outcome, as_json=as_json)


def print_run(run: RunView, zone: tzinfo) -> None:
    """A run for people."""
    from interfaces.cli.render.month_close import print_report

    facts = [
        ("run", f"{run.id}, {run.kind.replace('_', ' ')} of {cycle_text(run.cycle)}"),
        ("state", run.state),
        ("for", local(run.logical_at, zone)),
        ("began", local(run.created_at, zone)),
        ("finished", local(run.finished_at, zone)),
        ("accounts", f"{run.accounts_done:,} of {run.accounts:,} done"),
        ("ranges", f"{run.ranges_done:,} of {run.ranges:,} done, {run.ranges_failed:,} failed"),
        ("rate", "-" if run.rate is None else f"{run.rate:,.0f} accounts/s"),
    ]
    if run.state == "running" and run.left_s is not None:
        facts.append(("left", duration(run.left_s)))
    if run.failure is not None:
        facts += [("failed with", run.failure), ("then", f"`settle runs resume {run.id}` tries it again")]
    print_facts(facts)
    print_report(run.report, zone)


def reading_of(run: RunView) -> Reading:
    """A run for a meter."""
    note = f"{run.ranges_failed} ranges failed" if run.ranges_failed else ""
    return Reading(run.accounts_done, run.accounts, note)


def _get(store: Store, run_id: int) -> RunView:
    from settlement.queries import runs

    with store.transaction() as tx:
        return runs.run(tx, run_id)


def _watch(store: Store, run_id: int) -> RunView:
    run = _get(store, run_id)
    with metered(f"run {run_id}", unit="accounts") as meter:
        while run.state == "running":
            meter.show(reading_of(run))
            time.sleep(WATCHED_EVERY_S)
            run = _get(store, run_id)
    return run


def _print_change(run: RunView, outcome: str, *, as_json: bool) -> None:
    if as_json:
        print_json(as_object(RUNS, run))
        return
    print(f"run {run.id} {outcome}")
    if run.ranges_failed:
        remark(f"{run.ranges_failed} of its ranges failed; `settle runs show {run.id}` shows why")
