"""Events that reach this process, by the stream or by Celery, into the inbox. Rule: R11.1."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from settlement.errors import Unavailable
from settlement.model.arrival import Received
from settlement.operations.inbox.receive import receive_events
from worker import observe
from worker.ingress.group_commit import GroupCommit
from worker.runtime import runtime

log = structlog.stdlib.get_logger(__name__)

# Least time between two transactions of this process. An event that comes alone does not wait for it.
INTERVAL_S = 0.02


def record(messages: Sequence[object], *, door: str) -> Received:
    """Records messages in the inbox; when it returns they are committed. Nothing that came is ever thrown away.

    A message that cannot be stored even as refused, for a reason nobody foresaw, is stored as the text of itself.

    Raises:
        Unavailable: nothing was recorded; bring them again.
    """
    try:
        received = receive_events(runtime().store, messages, ingress=door)
    except Unavailable:
        raise
    except Exception:
        log.exception("a batch of events could not be recorded; recording them one by one", door=door)
        parts = [_record_one(message, door) for message in messages]
        received = Received(*(sum(counts) for counts in zip(*parts, strict=True)))
    log.info(
        "events recorded", door=door, **received._asdict(), correlation_ids=observe.correlation_ids(messages)
    )
    return received


def _record_one(message: object, door: str) -> Received:
    store = runtime().store
    try:
        return receive_events(store, [message], ingress=door)
    except Unavailable:
        raise
    except Exception:
        log.exception("an event could not be recorded as it came; kept as text", door=door)
        return receive_events(store, [ascii(message)], ingress=door)


_from_celery: GroupCommit[object] = GroupCommit(
    lambda events: record(events, door="celery"), interval_s=INTERVAL_S
)


def submit(events: Sequence[object]) -> None:
    """Records events that came by Celery. Threads that bring one event each share a transaction.

    Raises:
        Unavailable: nothing was recorded; the message has to come again.
    """
    _from_celery.submit(events)
