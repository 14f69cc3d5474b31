"""Kombu's Redis transport, which loses no message with a worker and which no message can stop.

Kombu pops a message off its queue and notes afterwards that it has it. Here the broker moves it, in one command, into a
list of this worker's (lease.py). That works on one queue at a time and with one list for each queue, so a pool serves
one queue, and there are no priorities; a worker of several queues asks them in turn.

Kombu takes what comes off a queue for JSON of a certain shape, and lets the error end the worker when it is not. Here
it is looked at first (envelope.py). What does not have the shape goes kombu's own way for messages that cannot be
decoded, in hand until the consumer has set it aside. Rules: R11.1, R11.6.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any, Literal, NamedTuple

import redis
import structlog
from kombu.transport import redis as kombu_redis
from kombu.transport.virtual import Empty
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import OutOfMemoryError, ResponseError

from worker.broker import LEASE_S
from worker.celery.envelope import opened, text_of
from worker.celery.lease import Lease
from worker.celery.prefetch import QoS
from worker.celery.shape import Fault
from worker.celery.suspects import MOST

log = structlog.stdlib.get_logger(__name__)

MESSAGE_BYTES = 16 * 1024 * 1024
# A worker of several queues waits so long at each.
TURN_S = 0.1
# Between two looks at a queue of a broker that is out of memory and cannot wait for a message.
REST_S = 0.2


_Kind = Literal["wait", "take", "rest"]
_COMMANDS = {"wait": "BLMOVE", "take": "EVAL", "rest": "BRPOP"}


class _Step(NamedTuple):
    kind: _Kind
    queue: str


class Channel(kombu_redis.Channel):
    """A channel that moves what it takes, and hands on nothing its callers cannot read."""

    QoS = QoS
    # Kombu's: the connection that waits for a reply, and since when.
    _in_poll: Any
    _brpop_sent_at: Any
    _flush_brpop_reauth: Any
    message_bytes = MESSAGE_BYTES
    lease_s = LEASE_S
    from_transport_options: Any = (*kombu_redis.Channel.from_transport_options, "message_bytes", "lease_s")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lease: Lease | None = None
        self._unacknowledged_queues: set[str] = set()
        # What comes next: to wait for a message, to take those of a queue that are there, or to rest.
        self._next = _Step("wait", "")
        self._pending: _Step | None = None
        self._is_full = False
        make: Any = super().__init__
        make(*args, **kwargs)

    @property
    def lease(self) -> Lease:
        """What this channel has in hand.

        Raises:
            redis.exceptions.ConnectionError: its connection was lost and closed. A task ends then and wants to
                acknowledge, a worker gives back what it holds; kombu's own error for that is none that Celery expects,
                and ended the worker.
        """
        if self.connection is None or self.connection.client is None:
            raise ConnectionLost("the connection of this channel is closed")
        if self._lease is None:
            client = redis.Redis(connection_pool=self.pool)
            self._lease = Lease(client, self.global_keyprefix, seconds=self.lease_s)
        return self._lease

    def _queue_bind(self, *args: Any, **kwargs: Any) -> None:
        """A worker that starts or connects again while the broker is out of memory reads all the same: what it would
        write down is there since the first worker did.
        """
        bind: Any = super()._queue_bind
        try:
            bind(*args, **kwargs)
        except OutOfMemoryError as error:
            log.warning("the broker takes nothing in", error=str(error)[:200])

    def basic_consume(self, queue: str, no_ack: bool, *args: Any, **kwargs: Any) -> Any:
        if no_ack:
            # Replies to questions: nothing is lost with them.
            self._unacknowledged_queues.add(queue)
        consume: Any = super().basic_consume
        return consume(queue, no_ack, *args, **kwargs)

    def _basic_cancel(self, consumer_tag: str) -> Any:
        cancel: Any = super()._basic_cancel
        cancelled = cancel(consumer_tag)
        if not self._closing and not self.active_queues and self.qos.has_any():
            # Tasks go on for a while after the last message was taken, with no main loop to say that they do.
            self.lease.extend(self.visibility_timeout)
        return cancelled

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: Any) -> Any:
        if no_ack:
            get: Any = super().basic_get
            return get(queue, no_ack=True, **kwargs)
        item = self.lease.take(queue)
        admitted = self._admitted(queue, [] if item is None else [item])
        if not admitted:
            return None
        make: Any = self.Message
        message = make(self._opened(queue, *admitted[0]), channel=self)
        self.qos.append(message, message.delivery_tag)
        return message

    def _admitted(self, queue: str, items: list[bytes]) -> list[tuple[bytes, int]]:
        """Those of the messages that were moved here that may be in hand together, each with how often it came back.
        The others are on their queue again.
        """
        lease = self.lease
        counts = lease.suspects.counts(items)
        many = self.qos.admit(counts) if items else 0
        lease.put_back(queue, items[many:])
        return list(zip(items, counts, strict=True))[:many]

    def _opened(self, queue: str, item: bytes, returns: int) -> Any:
        fault = None
        if returns >= MOST:
            fault = Fault("ends_workers", f"{returns} times a worker died that had it in hand")
        tag = self.qos.note(queue, item)
        return opened(item, queue, tag=tag, most_bytes=self.message_bytes, fault=fault)

    def close(self) -> None:
        close: Any = super().close
        close()
        if self._lease is not None:
            with contextlib.suppress(*self.connection_errors):
                self._lease.close()

    # ------------------------------------------------------- by these names of kombu's its loop sends and reads replies
    def _brpop_start(self, timeout: float | None = None) -> None:
        queues = self._queue_cycle.consume(len(self.active_queues))
        self._pending = None
        if not queues:
            return
        if self._unacknowledged_queues.intersection(queues):
            start: Any = super()._brpop_start
            start(timeout)
            return
        self.lease.renew(queues[0])
        wait_s = TURN_S if len(queues) > 1 else self.brpop_timeout if timeout is None else timeout
        step = self._next if self._next.queue in queues else _Step("wait", queues[0])
        self._in_poll, self._pending = self.client.connection, step
        self._brpop_sent_at = time.monotonic()
        self.client.connection.send_command(*self._command(step, wait_s))

    def _command(self, step: _Step, wait_s: float) -> tuple[object, ...]:
        if step.kind == "take":
            return self.lease.take_command(step.queue, *self.qos.room())
        return (
            self.lease.wait_command(step.queue, wait_s)
            if step.kind == "wait"
            else self.lease.rest_command(REST_S)
        )

    def _brpop_read(self, **options: Any) -> bool:
        step = self._pending
        if step is None:
            read: Any = super()._brpop_read
            return bool(read(**options))
        room = self.qos.room()
        items: Any = []
        try:
            reply = self.client.parse_response(self.client.connection, _COMMANDS[step.kind], **options)
            items = reply if isinstance(reply, list) else [] if reply is None else [reply]
        except OutOfMemoryError:
            # It cannot move a message and wait for it; it can take one away and then put it somewhere.
            self._is_full = True
        except self.connection_errors:
            # So that the next turn of the loop connects again.
            self.client.connection.disconnect()
            raise
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()
        self._next = self._after(step, room, items)
        admitted = self._admitted(step.queue, items)
        for item, returns in admitted:
            self._hand_on(step.queue, item, returns)
        if not admitted:
            raise Empty
        return True

    def _after(self, step: _Step, room: tuple[int, int], items: list[bytes]) -> _Step:
        """Where there was one message there may be more; a queue that was emptied lets the others have their turn."""
        is_used_up = len(items) == room[0] or sum(map(len, items)) >= room[1]
        if (step.kind == "wait" and (items or self._is_full)) or (step.kind == "take" and is_used_up):
            return _Step("take", step.queue)
        if step.kind == "rest":
            return _Step("wait", step.queue)
        self._queue_cycle.rotate(step.queue)
        kind: _Kind = "rest" if self._is_full and step.kind == "take" else "wait"
        self._is_full = False
        queues = self._queue_cycle.consume(len(self.active_queues))
        return _Step(kind, queues[0] if queues else "")

    def _hand_on(self, queue: str, item: bytes, returns: int) -> None:
        payload = self._opened(queue, item, returns)
        if queue in self.connection._callbacks:  # noqa: SLF001 - kombu's own way from here to the consumer
            self.connection._deliver(payload, queue)  # noqa: SLF001 - as above
        else:
            # It came while nobody wanted it any more.
            self.qos.reject(payload["properties"]["delivery_tag"], requeue=True)

    def _receive_one(self, c: Any) -> Any:
        """Broadcasts: questions to all workers. No work is lost with one that cannot be read."""
        receive: Any = super()._receive_one
        try:
            return receive(c)
        except (Empty, self.ResponseError, *self.connection_errors):
            raise
        except Exception as error:
            log.warning("a broadcast could not be read", error=text_of(error))
            raise Empty from error


class Transport(kombu_redis.Transport):
    """`redis://` and `rediss://`, with the channel above.

    A broker that refuses a command, out of memory, unable to save or without its replicas, is one that is away for a
    while: it is waited for, where kombu's own kind of error would end the worker.
    """

    Channel = Channel
    connection_errors = (*kombu_redis.Transport.connection_errors, ResponseError)
