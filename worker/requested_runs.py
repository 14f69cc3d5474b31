"""Wakes the processes that do what was requested."""

from __future__ import annotations

from settlement.model.runs import THRESHOLD_CHECK, Requested
from settlement.operations.schedule.requested_runs import StartedRun
from worker.nudges import nudge
from worker.queues import MONTH_CLOSE_NUDGES

CHECK = "tasks.collection.look"
WORK = "tasks.month_close.work"


def wake_for(kind: Requested, started: StartedRun) -> None:
    """Sends what has to be sent. Whatever is lost costs seconds: beat asks too."""
    if kind == THRESHOLD_CHECK:
        # For some accounts the charges are rows by now, and wait to be sent.
        nudge(CHECK)
    elif started.has_work and started.run_id is not None:
        for _ in range(MONTH_CLOSE_NUDGES):
            if not nudge(WORK, started.run_id, expires_s=60):
                # Whoever requested it is waiting, and each try at a broker that is away takes its time.
                break
