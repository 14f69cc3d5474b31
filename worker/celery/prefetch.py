"""What is not acknowledged yet, message by message, and how much more may be taken. Rule: R11.6c."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import structlog
from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from redis.exceptions import ResponseError

from worker.celery.suspects import ALONE_FROM, MOST

log = structlog.stdlib.get_logger(__name__)

# A worker takes no further message while it has so much in hand: how large the next one is shows when it is there.
MOST_BYTES_IN_HAND = 8_000_000
# Where Celery sets no limit.
MOST_AT_ONCE = 100
# In the place of a tag: whichever message is noted next.
NEXT = "next"


class QoS(kombu_redis.QoS):
    """Kombu's, over the lists of a lease in the place of the hash of all workers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        make: Any = super().__init__
        make(*args, **kwargs)
        self._items: dict[str, tuple[str, bytes]] = {}
        self._size = 0
        # Messages beyond the first of those that are one run of a task.
        self._joined: dict[str, int] = {}
        self._numbers = itertools.count(1)
        # One whose workers died: nothing is taken beside it.
        self._alone: str | None = None
        # One that is to be alone is next: nothing is taken before this one has nothing in hand, and then one.
        self._alone_is_next = False

    def room(self) -> tuple[int, int]:
        """How many messages may be taken now, and how many bytes of them."""
        if self._alone is not None or (self._alone_is_next and self._items):
            return 0, 0
        if self._alone_is_next:
            return 1, MOST_BYTES_IN_HAND
        messages = len(self._items) - sum(self._joined.values())
        count = self.prefetch_count - messages if self.prefetch_count else MOST_AT_ONCE
        return max(count, 0), max(MOST_BYTES_IN_HAND - self._size, 0)

    def can_consume(self) -> bool:
        return all(self.room())

    def admit(self, counts: Sequence[int]) -> int:
        """How many of the messages that were moved, which came back so often, may be in hand with what is.

        One that has to be alone is, unless something is in hand before it.
        """
        at = next((at for at, count in enumerate(counts) if ALONE_FROM <= count < MOST), None)
        if at is None:
            self._alone_is_next = False
            return len(counts)
        self._alone_is_next = bool(at or self._items)
        if not self._alone_is_next:
            self._alone = NEXT
        return at + (not self._alone_is_next)

    def has_any(self) -> bool:
        """Is there a message that is not acknowledged."""
        return bool(self._items)

    def note(self, queue: str, item: bytes) -> str:
        """Remembers a message that was moved into the list of its queue. The tag by which it is known from here on."""
        tag = str(next(self._numbers))
        if self._alone == NEXT:
            self._alone = tag
        self._items[tag] = (queue, item)
        self._size += len(item)
        return tag

    def item_of(self, tag: str) -> bytes | None:
        """A message as it lay on its queue, until it is acknowledged."""
        return self._items[tag][1] if tag in self._items else None

    def append(self, message: Any, delivery_tag: str) -> None:
        # The broker knows already that it is in hand.
        virtual.QoS.append(self, message, delivery_tag)

    def count_as_one(self, tags: Sequence[str]) -> None:
        """These messages are one run of a task and leave room for others. They are settled together."""
        self._joined[tags[0]] = len(tags) - 1

    def ack(self, delivery_tag: str) -> None:
        self.ack_all([delivery_tag])

    def ack_all(self, tags: Sequence[str]) -> None:
        """Acknowledges messages in one round trip."""
        lease = self.channel.lease
        if messages := self._items_of(tags):
            lease.acknowledge(messages)
        self._forget(tags)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        self.reject_all([delivery_tag], requeue=requeue)

    def reject_all(self, tags: Sequence[str], *, requeue: bool) -> None:
        """Puts messages back on their queue, or lets go of them as if they were acknowledged."""
        if not requeue:
            self.ack_all(tags)
            return
        lease = self.channel.lease
        for message in self._items_of(tags):
            lease.reject(*message)
        self._forget(tags)

    def _items_of(self, tags: Sequence[str]) -> list[tuple[str, bytes]]:
        return [self._items[tag] for tag in tags if tag in self._items]

    def _forget(self, tags: Sequence[str]) -> None:
        for tag in tags:
            self._joined.pop(tag, None)
            if tag == self._alone:
                self._alone = None
            message = self._items.pop(tag, None)
            if message is not None:
                self._size -= len(message[1])
                virtual.QoS.ack(self, tag)

    def restore_visible(self, start: int = 0, num: int = 10, interval: int = 10) -> None:
        """Called every few seconds: this worker is alive, and what dead ones had in hand goes back on its queue.

        So does what a worker of an earlier release left behind, in kombu's own hash.
        """
        lease = self.channel.lease
        try:
            lease.renew()
            lease.restore()
            lease.gather()
            restore: Any = super().restore_visible
            restore(start=start, num=num, interval=interval)
        except ResponseError as error:
            log.warning("the broker takes nothing in", error=str(error)[:200])

    def restore_unacked(self, client: Any = None) -> None:  # noqa: ARG002 - kombu's signature
        self.channel.lease.end()
        self._delivered.clear()
        self._items.clear()
        self._joined.clear()
        self._size = 0
        self._alone = None
