"""What an operator does with messages that no task could take: back on their queues, or away. Rule: R11.6."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Connection

from settlement.errors import NotFound, Refused
from settlement.queries import quarantine as queries
from settlement.storage.store import Store
from settlement.storage.work import quarantine


def release_messages(
    store: Store, message_ids: Sequence[int], *, queues: Collection[str], send: Callable[[str, bytes], object]
) -> list[int]:
    """Hands kept messages to `send`, by queue, and notes that they were released; all or none. Returns their numbers.

    They are sent before the commit: if that fails, a message is on its queue and kept, which loses nothing.

    Raises:
        NotFound: one of them is not kept any more, or never was.
        Refused: one has none of `queues` to go back to, or only a part of it was kept.
    """
    with store.transaction() as tx:
        kept = quarantine.kept(tx, message_ids)
        _check_all(tx, message_ids, [message.id for message in kept])
        for message in kept:
            check_returnable(message.id, message.queue, len(message.raw), message.size, queues)
        for message in kept:
            send(message.queue, message.raw)
        return quarantine.finish(tx, message_ids, "released")


def check_returnable(number: int, queue: str | None, kept: int, size: int, queues: Collection[str]) -> None:
    """A kept message can go back to its queue: `kept` of its `size` bytes are there.

    Raises:
        Refused: it has none of `queues` to go back to, or only a part of it was kept.
    """
    if queue not in queues:
        raise Refused("no_queue", f"message {number} has no queue of ours to go back to")
    if kept < size:
        raise Refused(
            "not_whole",
            f"of message {number} {kept} of {size} bytes are kept; ask its sender to send it again",
        )


def drop_messages(store: Store, message_ids: Sequence[int]) -> list[int]:
    """Deletes the bytes of messages; that they came stays on record. All or none. Returns their numbers.

    Raises:
        NotFound: one of them was dropped before, or never was.
    """
    with store.transaction() as tx:
        dropped = quarantine.finish(tx, message_ids, "dropped")
        _check_all(tx, message_ids, dropped)
        return dropped


def _check_all(tx: Connection, wanted: Sequence[int], found: Sequence[int]) -> None:
    for missing in sorted(set(wanted) - set(found)):
        raise NotFound("not_kept", f"message {missing} is {queries.row(tx, missing).state} already")
