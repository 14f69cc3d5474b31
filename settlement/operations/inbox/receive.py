"""The common end of every ingress: messages become inbox rows, in few transactions. Rule: R11.1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from settlement.events.envelope import arrival_of
from settlement.model.arrival import Arrival, Received
from settlement.queries import inbox
from settlement.queries.inbox import InboxView
from settlement.storage.store import Store
from settlement.storage.work.inbox import receive, record

T = TypeVar("T")

# Two publishers that bring the same new event at the same instant collide on its key; the second try sees the row.
_TRIES = 5


# Bytes of data that one transaction records, unless one event alone has more.
MOST_BYTES = 8_000_000


def receive_events(
    store: Store, messages: Sequence[object], *, ingress: str, most_bytes: int = MOST_BYTES
) -> Received:
    """Records messages (mappings, JSON text or bytes) in the inbox; when it returns, they are committed.

    A message of a bad shape is recorded as refused with its reason and never stops the others.

    Raises:
        Unavailable: not all were recorded; send all of them again. Those that were are found to be known.
    """
    arrivals = (arrival_of(message, ingress=ingress) for message in messages)
    return record_arrivals(store, arrivals, ingress=ingress, most_bytes=most_bytes)


def record_arrivals(
    store: Store, arrivals: Iterable[Arrival], *, ingress: str, most_bytes: int = MOST_BYTES
) -> Received:
    """As `receive_events`, of what has been read already.

    Raises:
        Unavailable: as there.
    """
    total = Received(0, 0, 0)
    for part in _parts(arrivals, most_bytes):
        received = _in_transaction(store, partial(receive, arrivals=part, ingress=ingress))
        total = Received(*map(sum, zip(total, received, strict=True)))
    return total


def record_and_read(
    store: Store, arrivals: Sequence[Arrival], *, ingress: str, most_bytes: int = MOST_BYTES
) -> dict[int, InboxView]:
    """Records the arrivals and gives back what is known of each, by its place among them, as it was recorded.

    Raises:
        Unavailable: as there.
    """
    found: dict[int, InboxView] = {}
    before = 0
    for part in _parts(arrivals, most_bytes):
        rows = _in_transaction(store, partial(_recorded, arrivals=part, ingress=ingress))
        found.update((before + at, row) for at, row in rows.items())
        before += len(part)
    return found


def _recorded(tx: Connection, arrivals: Sequence[Arrival], ingress: str) -> dict[int, InboxView]:
    new = [row_id for row_id, _ in record(tx, arrivals, ingress=ingress)]
    if len(new) < len(arrivals):
        return inbox.outcomes(tx, arrivals)
    rows = {row.id: row for row in inbox.with_ids(tx, new)}
    return {at: rows[row_id] for at, row_id in enumerate(new)}


def _parts(arrivals: Iterable[Arrival], most_bytes: int) -> Iterator[list[Arrival]]:
    part: list[Arrival] = []
    size = 0
    for arrival in arrivals:
        if part and size + len(arrival.data) > most_bytes:
            yield part
            part, size = [], 0
        part.append(arrival)
        size += len(arrival.data)
    if part:
        yield part


def _in_transaction(store: Store, work: Callable[[Connection], T]) -> T:
    for attempt in range(1, _TRIES + 1):
        try:
            with store.transaction() as tx:
                return work(tx)
        except IntegrityError:
            if attempt == _TRIES:
                raise
    raise AssertionError("unreachable")
