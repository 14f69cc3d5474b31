"""Events: received by name, and settled from the inbox."""

from __future__ import annotations

from typing import Any

from worker.ingress import intake
from worker.task import task


@task(name="tasks.events.receive", queue="events", when_unavailable="give_back")
def receive(events: Any) -> None:
    """Takes one event or a list of them into the inbox and settles what waits there.

    Anything else that JSON can say is an event too: one that is kept and refused.
    The message is acknowledged after they are in the inbox, so it is as safe as its broker until then.
    """
    intake.accept(events if isinstance(events, list) else [events])
    intake.drain_soon()


@task(name="tasks.events.drain", queue="events")
def drain() -> None:
    """Settles every waiting event. Sent as a nudge, and by beat for those that no nudge announced."""
    intake.drain_waiting()


@task(name="tasks.events.settlements", queue="events")
def settlements() -> None:
    """Goes on with unified settlements that wait for money. Sent where events have brought some; else the tick does."""
    intake.settle_waiting()
