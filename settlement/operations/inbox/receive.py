"""The common end of every ingress: messages become inbox rows, in one transaction. Rule: R11.1."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError

from settlement.events.envelope import arrival_of
from settlement.model.arrival import Received
from settlement.storage.store import Store
from settlement.storage.work.inbox import receive

# Two publishers that bring the same new event at the same instant collide on its key; the second try sees the row.
_TRIES = 5


def receive_events(store: Store, messages: Sequence[object], *, ingress: str) -> Received:
    """Records messages (mappings, JSON text or bytes) in the inbox; when it returns, they are committed.

    A message of a bad shape is recorded as refused with its reason and never stops the others.

    Raises:
        Unavailable: nothing was recorded; send again.
    """
    arrivals = [arrival_of(message, ingress=ingress) for message in messages]
    for attempt in range(1, _TRIES + 1):
        try:
            with store.transaction() as tx:
                return receive(tx, arrivals, ingress=ingress)
        except IntegrityError:
            if attempt == _TRIES:
                raise
    raise AssertionError("unreachable")
