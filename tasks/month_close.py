"""The month close: work on the ranges of a run."""

from __future__ import annotations

import structlog

from settlement.operations.schedule.runs import work_run
from worker.budget import Budget
from worker.nudges import nudge
from worker.observe import correlated
from worker.runtime import runtime
from worker.task import task

log = structlog.stdlib.get_logger(__name__)


@task(name="tasks.month_close.work", queue="month-close")
def work(run_id: int) -> None:
    """Settles ranges of the run, one after another, beside whoever else works on it.

    It ends when no range can be taken. When its time is used up before, another message goes on.
    """
    rt = runtime()
    # Its instants are the run's own; all the same a process whose clock is wrong books nothing.
    rt.now()
    budget = Budget(rt.settings.limits)
    with correlated(f"run:{run_id}", run_id=run_id):
        done = work_run(
            rt.store, run_id, policy=rt.policy, limits=rt.month_close_limits, may_continue=budget.may_continue
        )
        log.info("run worked on", done=done)
        if done:
            # The next month that is owed, if any, need not wait for the next tick.
            nudge("tasks.upkeep.tick")
        elif not budget.may_continue():
            nudge("tasks.month_close.work", run_id)
