"""The control: the product without what finds work that no message announces. A run with it has to be found wanting."""

from __future__ import annotations

from celery import signals

from tasks import upkeep
from worker import lifecycle
from worker.app import app
from worker.ingress.drain import DRAIN

# A worker that starts asks nothing.
signals.worker_ready.disconnect(lifecycle._looks_first)  # noqa: SLF001 - to take out a safeguard is the purpose
# And nobody sweeps, the tick neither.
vars(upkeep)[upkeep.sweep_inbox.__name__] = lambda: None
app.conf.beat_schedule = {
    name: entry for name, entry in app.conf.beat_schedule.items() if entry["task"] != DRAIN
}
