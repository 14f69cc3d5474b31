"""Wakes the workers after a commit. A nudge that cannot be sent costs seconds and never fails a command."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from interfaces.cli.render.output import remark

if TYPE_CHECKING:
    from worker.runtime import Runtime

DRAIN = "tasks.events.drain"
TICK = "tasks.upkeep.tick"
WORK = "tasks.month_close.work"
CHECK = "tasks.collection.look"


def nudge_events(runtime: Runtime) -> None:
    """Events wait in the inbox."""
    _send(runtime, DRAIN)


def nudge_tick(runtime: Runtime) -> None:
    """Something may be due."""
    _send(runtime, TICK)


def nudge_run(runtime: Runtime, run_id: int) -> None:
    """A run has ranges to take, enough for every process of the pool."""
    _send(runtime, WORK, run_id)


def nudge_thresholds(runtime: Runtime) -> None:
    """Thresholds are to be looked at, and charges that wait to be sent."""
    _send(runtime, CHECK)


def _send(runtime: Runtime, task: str, *arguments: int) -> None:
    # Celery takes a while to import, and only commands that changed something come here.
    import structlog

    if not structlog.is_configured():
        # What the log would hold is reported below, in a sentence and on standard error.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    from worker.nudges import nudge

    if not nudge(task, *arguments):
        every_s = (
            runtime.settings.limits.sweep_every_s if task == DRAIN else runtime.settings.limits.tick_every_s
        )
        remark(f"the broker took no message; a running worker finds the work by itself within {every_s:g} s")
