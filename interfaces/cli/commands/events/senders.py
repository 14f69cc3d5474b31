"""The doors by which `settle emit` can send: the inbox table, the Redis stream, Celery by name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from settlement.errors import OutcomeUnknown, Refused

if TYPE_CHECKING:
    from settlement.model.arrival import Arrival, Received
    from worker.runtime import Runtime

RECEIVE = "tasks.events.receive"


class Via(StrEnum):
    """An ingress."""

    SQL = "sql"
    STREAM = "stream"
    CELERY = "celery"


class Sender(Protocol):
    """One ingress. `ingress` is the name under which the inbox notes it."""

    ingress: str

    def shape(self, line: bytes) -> object:
        """A line of a file as this ingress hands it to the inbox."""

    def send(self, messages: Sequence[object]) -> Received | None:
        """Sends messages in order. What became of them, where the ingress reports it; None where it does not.

        Raises:
            OutcomeUnknown: they were sent, and no answer came.
        """


def checked_arrival(message: dict[str, Any], *, ingress: str) -> Arrival:
    """A complete event as the inbox will know it. One that could never be accepted is not even sent.

    Raises:
        Refused: its shape is wrong, or its data.
    """
    from settlement.events.envelope import arrival_of
    from settlement.events.registry import parse_event
    from settlement.model.commands.command import EventHead

    arrival = arrival_of(message, ingress=ingress)
    if arrival.reason is not None:
        raise Refused(arrival.reason_code or "bad_shape", arrival.reason)
    parse_event(EventHead(0, message["source"], arrival.account, ""), arrival.type, message["data"])
    return arrival


def sender(via: Via, runtime: Runtime) -> Sender:
    """The sender of an ingress."""
    match via:
        case Via.SQL:
            return InboxSender(runtime)
        case Via.STREAM:
            return _Stream(runtime)
        case Via.CELERY:
            return _Celery()


class InboxSender:
    """Straight into the inbox table; the only ingress that reports what became of an event."""

    def __init__(self, runtime: Runtime, ingress: str = "sql") -> None:
        self.ingress = ingress
        self._store = runtime.store

    def shape(self, line: bytes) -> object:
        """As it is: the inbox reads JSON itself."""
        return line

    def send(self, messages: Sequence[object]) -> Received | None:
        """One transaction."""
        from settlement.operations.inbox.receive import receive_events

        return receive_events(self._store, messages, ingress=self.ingress)


class _Stream:
    ingress = "stream"

    def __init__(self, runtime: Runtime) -> None:
        from worker.broker import redis_client, speaks_redis, stream_name
        from worker.servers import broker_url

        url = broker_url(runtime.settings)
        if not speaks_redis(url):
            raise Refused("no_stream", "RabbitMQ has no event stream: send --via sql or --via celery")
        self._client = redis_client(runtime.settings, url)
        self._stream = stream_name(runtime.settings.broker_key_prefix)

    def shape(self, line: bytes) -> object:
        return line

    def send(self, messages: Sequence[object]) -> Received | None:
        import redis

        self._client.ping()
        try:
            with self._client.pipeline(transaction=False) as pipe:
                for message in messages:
                    text = message if isinstance(message, bytes | str) else json.dumps(message)
                    pipe.xadd(self._stream, {"event": text})
                pipe.execute()
        except (redis.TimeoutError, redis.ConnectionError) as error:
            # It answered a moment ago, so the entries may well be in the stream.
            raise OutcomeUnknown(f"the broker did not answer whether it took the events: {error}") from error
        return None


class _Celery:
    ingress = "celery"

    def shape(self, line: bytes) -> object:
        """A Celery message is JSON itself, so a line of JSON goes as what it says, and any other line as text."""
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            return line.decode("utf-8", "backslashreplace")

    def send(self, messages: Sequence[object]) -> Received | None:
        from worker.app import app

        app.send_task(RECEIVE, args=(list(messages),), retry=False, ignore_result=True)
        return None
