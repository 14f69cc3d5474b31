"""The control: the product without what finds work that no message announces. A run with it has to be found wanting."""

from __future__ import annotations

from celery import signals

from tasks import upkeep
from worker import lifecycle
from worker.app import app
from worker.ingress.drain import DRAIN
from worker.nudges import nudge

# A worker that starts asks nothing.
signals.worker_ready.disconnect(lifecycle._looks_first)  # noqa: SLF001 - to take out a safeguard is the purpose


def _nudge_but_for_the_inbox(task_name: str, *arguments: str | int, expires_s: float | None = None) -> bool:
    return task_name != DRAIN and nudge(task_name, *arguments, expires_s=expires_s)


# And nobody sweeps, the tick neither.
vars(upkeep)["nudge"] = _nudge_but_for_the_inbox
app.conf.beat_schedule = {
    name: entry for name, entry in app.conf.beat_schedule.items() if entry["task"] != "tasks.events.drain"
}
