"""Events: received by name, and settled from the inbox."""

from __future__ import annotations

from typing import Any

from worker.ingress.drain import drain_soon, drain_waiting, settle_waiting
from worker.ingress.receive import submit
from worker.task import task


@task(name="tasks.events.receive", queue="events", when_unavailable="requeue", takes_a_list=True)
def receive(events: Any) -> None:
    """Records one event or a list of them in the inbox and settles what waits there.

    Anything else that JSON can say is an event too: one that is kept and refused.
    The message is acknowledged after they are in the inbox, so it is as safe as its broker until then.
    """
    submit(events if isinstance(events, list) else [events])
    drain_soon()


@task(name="tasks.events.drain", queue="events")
def drain() -> None:
    """Settles every waiting event. Sent as a nudge, and by beat for those that no nudge announced."""
    drain_waiting()


@task(name="tasks.events.settlements", queue="events")
def settlements() -> None:
    """Resumes unified settlements that wait for money. Sent where events have brought some; else the tick does."""
    settle_waiting()
