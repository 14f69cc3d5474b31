"""`settle month-close`: issues the bills of a month and writes them off, or shows what that would come to."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import to_cycle
from interfaces.cli.commands.operations.runs import print_run, reading_of
from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.nudges import nudge_run
from interfaces.cli.render.output import JsonOption, print_facts, print_json, remark
from interfaces.cli.render.progress import Reading, metered, watched
from interfaces.cli.session import opened
from interfaces.fields.field import as_object
from interfaces.fields.runs import RUNS, report_object
from interfaces.fields.values import instant, local
from settlement.model.cycle import Cycle, cycle_text
from settlement.rules.calendar import issuance_at, last_cycle_issued_by

if TYPE_CHECKING:
    from settlement.queries.runs import RunView
    from worker.runtime import Runtime

# Ranges that a worker holds are waited for; it looks this often whether one came free.
WAIT_S = 0.5


def close_month(
    cycle: Annotated[
        int | None,
        typer.Option(
            parser=to_cycle, metavar="YYYY-MM", help="The month; by default the last one that is due."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be issued and paid; nothing is written.")
    ] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Start it and leave the work to the workers.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Issues and pays the bills of a month. It pays from the accounts' funds and is safe to repeat at any time."""
    from settlement.operations.schedule.month_close import start_month_close

    with opened() as runtime:
        month = last_cycle_issued_by(runtime.as_of(), runtime.policy) if cycle is None else Cycle(cycle)
        if dry_run:
            _preview(runtime, month, as_json=as_json)
            return
        run_id, has_work = start_month_close(
            runtime.store, month, at=runtime.now(), policy=runtime.policy, limits=runtime.month_close_limits
        )
        if no_wait and _get(runtime, run_id).state != "paused":
            nudge_run(runtime, run_id)
        elif has_work:
            work_to_the_end(runtime, run_id)
        run, zone = _get(runtime, run_id), runtime.policy.zone
    if as_json:
        print_json(as_object(RUNS, run))
    elif no_wait and run.state != "paused":
        print(f"run {run_id} is {run.state}; `settle runs show {run_id} --watch` follows it")
    else:
        print_run(run, zone)
    if run.state == "paused":
        raise CommandFailed(
            ExitCode.REFUSED,
            f"run {run_id}, the month close of {cycle_text(run.cycle)}, is paused: nothing more is issued or paid",
            f"`settle runs resume {run_id}`",
        )
    if run.ranges_failed:
        raise CommandFailed(
            ExitCode.ERROR,
            f"{run.ranges_failed} ranges of run {run_id} failed: {run.failure}",
            f"`settle runs resume {run_id}` tries them again",
        )


def work_to_the_end(runtime: Runtime, run_id: int) -> None:
    """Works on a run in this process, beside whoever else does, until it is done or paused; shows its progress."""
    from settlement.operations.schedule.runs import work_run

    with ExitStack() as stack:
        meter = stack.enter_context(metered(f"run {run_id}", unit="accounts"))
        stack.enter_context(watched(meter, lambda: reading_of(_get(runtime, run_id))))
        while not work_run(runtime.store, run_id, policy=runtime.policy, limits=runtime.month_close_limits):
            if _get(runtime, run_id).state != "running":
                return
            time.sleep(WAIT_S)


def _get(runtime: Runtime, run_id: int) -> RunView:
    from settlement.queries import runs

    with runtime.store.transaction() as tx:
        return runs.run(tx, run_id)


def _preview(runtime: Runtime, cycle: Cycle, *, as_json: bool) -> None:
    from interfaces.cli.render.month_close import print_report
    from settlement.operations.schedule.month_close import preview_month_close
    from settlement.queries import bills

    with runtime.store.transaction() as tx:
        accounts = bills.accruing_accounts(tx, cycle)
    seen = 0
    with metered(f"dry run of {cycle_text(cycle)}", unit="accounts") as meter:

        def report_progress(examined: int) -> None:
            nonlocal seen
            seen += examined
            meter.show(Reading(seen, accounts))

        report = preview_month_close(
            runtime.store,
            cycle,
            policy=runtime.policy,
            limits=runtime.month_close_limits,
            on_progress=report_progress,
        )
    at = issuance_at(cycle, runtime.policy)
    if as_json:
        print_json(
            {
                "dry_run": True,
                "cycle": cycle_text(cycle),
                "logical_at": instant(at),
                "accounts": seen,
                "report": report_object(report),
            }
        )
        return
    print_facts(
        [
            ("dry run", f"month close of {cycle_text(cycle)}; nothing was written"),
            ("for", local(at, runtime.policy.zone)),
            ("accounts", f"{seen:,}"),
        ]
    )
    print_report(report, runtime.policy.zone)
    if runtime.as_of() < at:
        remark("this month is not due yet: fees may still come")
