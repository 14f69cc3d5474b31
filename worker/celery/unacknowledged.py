"""What this worker holds of a queue until it is acknowledged, also while the broker refuses to write it down.

Kombu pops a message, then writes it to the broker's list of what is unacknowledged. A broker out of memory lets go of
the first and refuses the second, and kombu's error for that ended the worker, and the message with it. Here the worker
keeps such a message itself: it is worked on as any other, is written down as soon as that can be done, and goes back
on its queue then if the task has given it back. Rule: R11.6c.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from kombu.utils.json import dumps
from redis.exceptions import ResponseError

log = structlog.stdlib.get_logger(__name__)

# Of this process and not of one connection: a message outlives the connection it came by. By delivery tag.
held: dict[str, Any] = {}
given_back: dict[str, Any] = {}


class QoS(kombu_redis.QoS):
    """Kombu's, with a place of its own for what the broker does not write down."""

    def append(self, message: Any, delivery_tag: str) -> None:
        try:
            append: Any = super().append
            append(message, delivery_tag)
        except ResponseError as error:
            held[delivery_tag] = message
            virtual.QoS.append(self, message, delivery_tag)
            log.warning("the broker cannot keep a message; the worker keeps it", error=str(error)[:200])

    def ack(self, delivery_tag: str) -> None:
        held.pop(delivery_tag, None)
        ack: Any = super().ack
        ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        message = held.pop(delivery_tag, None)
        if message is None:
            reject: Any = super().reject
            reject(delivery_tag, requeue=requeue)
            return
        virtual.QoS.ack(self, delivery_tag)
        if requeue:
            given_back[delivery_tag] = message
            self.write_down()

    def restore_visible(self, start: int = 0, num: int = 10, interval: int = 10) -> None:
        """Called every few seconds: what dead workers held goes back on its queue, and what is held here is kept."""
        try:
            self.write_down()
            restore: Any = super().restore_visible
            restore(start=start, num=num, interval=interval)
        except ResponseError as error:
            log.warning("the broker takes nothing in", error=str(error)[:200])

    def restore_unacked(self, client: Any = None) -> None:
        self.write_down()
        restore: Any = super().restore_unacked
        restore(client)

    def write_down(self) -> None:
        """Writes down what the broker has refused so far, as long as it refuses nothing."""
        try:
            for tag, message in list(given_back.items()):
                info, raw = message.delivery_info, message._raw  # noqa: SLF001 - the envelope as it came
                restore: Any = self.channel._do_restore_message  # noqa: SLF001 - kombu's own way back onto a queue
                with self.pipe_or_acquire() as pipe:
                    restore(raw, info["exchange"], info["routing_key"], pipe, leftmost=True)
                    pipe.execute()
                given_back.pop(tag, None)
            for tag, message in list(held.items()):
                info = message.delivery_info
                entry = dumps([message._raw, info["exchange"], info["routing_key"]])  # noqa: SLF001 - as above
                with self.pipe_or_acquire() as pipe:
                    pipe.zadd(self.unacked_index_key, {tag: time.time()})
                    pipe.hset(self.unacked_key, tag, entry)
                    pipe.execute()
                held.pop(tag, None)
        except ResponseError:
            if given_back:
                log.warning("messages that were given back wait for the broker", messages=len(given_back))
