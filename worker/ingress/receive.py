"""Events that reach this process, by the stream or by Celery, into the inbox. Rule: R11.1."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from settlement.errors import Busy, TooLong, Unavailable
from settlement.model.arrival import Received
from settlement.operations.bisection import halved
from settlement.operations.inbox.receive import receive_events
from worker import observe
from worker.ingress.group_commit import GroupCommit
from worker.runtime import runtime

log = structlog.stdlib.get_logger(__name__)

# Least time between two transactions of this process. An event that comes alone does not wait for it.
INTERVAL_S = 0.02


def record(messages: Sequence[object], *, door: str) -> Received:
    """Records messages in the inbox; when it returns they are committed. Nothing that came is ever thrown away.

    A batch that cannot be stored is tried in halves. A message that cannot be stored even as refused, for a reason
    nobody foresaw, is stored as the text of itself.

    Raises:
        Unavailable: not all were recorded; bring them again.
    """
    store, total = runtime().store, Received(0, 0, 0)

    def store_part(part: Sequence[object]) -> None:
        nonlocal total
        try:
            received = receive_events(store, part, ingress=door)
        except TooLong:
            raise
        except Busy as error:
            # A lock of the inbox is in everybody's way.
            raise Unavailable(str(error)) from error
        total = Received(*map(sum, zip(total, received, strict=True)))

    def store_text(message: object, error: Exception) -> None:
        log.error("an event could not be recorded as it came; kept as text", door=door, exc_info=error)
        store_part([ascii(message)])

    halved(messages, store_part, store_text)
    ids = observe.correlation_ids(messages)
    log.info("events recorded", door=door, **total._asdict(), correlation_ids=ids)
    return total


_from_celery: GroupCommit[object] = GroupCommit(
    lambda events: record(events, door="celery"), interval_s=INTERVAL_S
)


def submit(events: Sequence[object]) -> None:
    """Records events that came by Celery. Threads that bring one event each share a transaction.

    Raises:
        Unavailable: nothing was recorded; the message has to come again.
    """
    _from_celery.submit(events)
