"""RabbitMQ as the broker: what Celery is told, and what is asked of the server outside Celery. Decision: 0096."""

from __future__ import annotations

import functools
import ssl
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import amqp  # type: ignore[import-untyped]  # it ships none
from kombu import Connection, Exchange, Queue
from kombu.exceptions import KombuError

from config.amqp import TLS, AmqpUrl
from config.limits import LimitSettings
from config.settings import Settings
from settlement.errors import Unavailable, UnusableServer
from settlement.storage.work.outbox import OutboxRow
from worker import queues

# What quorum queues are made of here is there from this version on.
OLDEST = (3, 10)
# The broker never drops a message that came back: long before that a worker sets it aside.
QUEUE_ARGUMENTS = {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}
# What a server that is away, or refuses, comes as: a refused message is no error of AMQP's to the library.
FAILED = (amqp.AMQPError, amqp.exceptions.MessageNacked, KombuError, OSError, struct.error)
# Of a property, in bytes.
MOST_OF_PROPERTY = 255
# Announcements, by topic. Who wants some binds a queue of his own to it.
OUTBOUND = Exchange("outbound", type="topic", durable=True)


class Inspected(NamedTuple):
    """What a server says of itself, and how many messages stand on each queue."""

    version: str
    fault: str | None
    queues: dict[str, int]


def queue(name: str) -> Queue:
    """A queue of ours."""
    return Queue(name, Exchange(name), routing_key=name, queue_arguments=dict(QUEUE_ARGUMENTS))


def celery_url(url: str) -> str:
    """Such a URL as Celery reads it: one for each node, tried in turn."""
    return ";".join(AmqpUrl.parsed(url).of_each_node())


def tls(url: str) -> dict[str, Any] | None:
    """Celery's `broker_use_ssl`: the certificate has to be good, and that of the node's name."""
    given = AmqpUrl.parsed(url)
    if given.scheme != TLS:
        return None
    files = {name.removeprefix("ssl_"): path for name, path in given.files}
    return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None, **files}


def options(url: str, limits: LimitSettings) -> dict[str, Any]:
    """Celery's `broker_transport_options`. The reasons are in docs/celery-settings.md."""
    return {
        "confirm_publish": True,
        "connect_timeout": limits.connect_timeout_s,
        "read_timeout": limits.socket_timeout_s,
        "write_timeout": limits.socket_timeout_s,
        "confirm_timeout_s": limits.socket_timeout_s,
        # Every node once, at once.
        "max_retries": len(AmqpUrl.parsed(url).nodes) - 1,
        "message_bytes": limits.message_bytes,
        # The broker has none; a message that is due later than this is not for a worker's memory either.
        "visibility_timeout": limits.visibility_timeout_s,
    }


@contextmanager
def connected(settings: Settings, url: str) -> Iterator[Connection]:
    """A connection with the limits of Celery's own.

    Raises:
        Unavailable: the server is away, or refuses what is asked of it, or a message that cannot be sent as it is; the
            message of the error has no address.
    """
    given = options(url, settings.limits)
    made = Connection(
        celery_url(url), transport="worker.celery.amqp:Transport", ssl=tls(url) or False, transport_options=given
    )  # fmt: skip
    try:
        with made:
            made.ensure_connection(max_retries=given["max_retries"])
            yield made
    except FAILED as error:
        raise Unavailable(f"broker: {_reason_of(error)}") from error


def inspect(settings: Settings, url: str) -> Inspected:
    """Asks a server; one whose queues were never made has none.

    Raises:
        Unavailable: as `connected`.
    """
    with connected(settings, url) as connection:
        properties: Any = connection.connection.server_properties
        depths = {name: _depth(connection, name) for name in queues.ALL}
    version = str(properties.get("version", "?"))
    return Inspected(f"{properties.get('product', '?')} {version}", _fault_of(properties), depths)


def prepare(settings: Settings, url: str) -> None:
    """Makes our queues, and the exchange of announcements, or finds them as they have to be.

    Raises:
        UnusableServer: the server is too old, or none of RabbitMQ's, or has a queue of the same name and another kind.
        Unavailable: as `connected`.
    """
    with connected(settings, url) as connection:
        if fault := _fault_of(connection.connection.server_properties):
            raise UnusableServer(fault)
        for name in queues.ALL:
            try:
                queue(name).bind(connection.default_channel).declare()
            except amqp.PreconditionFailed as error:
                raise UnusableServer(
                    f"RabbitMQ has a queue or an exchange {name} of another kind than ours: delete it, or use a "
                    f"virtual host that is for this deployment alone ({_reason_of(error)})"
                ) from error
        OUTBOUND.bind(connection.default_channel).declare()


def announce(settings: Settings, url: str, rows: Sequence[OutboxRow]) -> None:
    """Publishes announcements, each confirmed, to the exchange `outbound` by their topics.

    Raises:
        Unavailable: some may not have got there; all have to be published again.
    """
    with connected(settings, url) as connection, connection.Producer(auto_declare=False) as producer:
        OUTBOUND.bind(producer.channel).declare()
        for row in rows:
            producer.publish(
                row.payload.encode(),
                exchange=OUTBOUND.name,
                routing_key=row.topic,
                content_type="application/json",
                content_encoding="utf-8",
                message_id=row.announcement_id,
                correlation_id=_as_property(row.correlation_id),
                headers={"id": row.announcement_id, "topic": row.topic, "correlation_id": row.correlation_id},
                delivery_mode=2,
            )


@contextmanager
def putting_back(settings: Settings, url: str) -> Iterator[Callable[[str, bytes], None]]:
    """For messages in quarantine: a function that puts one, an envelope, on a queue and waits until it is taken.

    Raises:
        Unavailable: as `connected`; there is no such queue.
    """
    with connected(settings, url) as connection, connection.Producer(auto_declare=False) as producer:
        yield functools.partial(_put, producer)


def _put(producer: Any, name: str, raw: bytes) -> None:
    from worker.celery.envelope import contents

    found = contents(raw)
    producer.publish(
        found.body, exchange="", routing_key=name, mandatory=True, headers=found.headers, delivery_mode=2,
        content_type=found.content_type, content_encoding=found.content_encoding, **found.properties,
    )  # fmt: skip


def _as_property(text: str) -> str:
    """As much of it as a property holds, no character by halves."""
    return text.encode()[:MOST_OF_PROPERTY].decode("utf-8", "ignore")


def _depth(connection: Connection, name: str) -> int:
    channel = connection.channel()
    try:
        return int(channel.queue_declare(name, passive=True).message_count)
    except amqp.NotFound:
        return 0
    finally:
        channel.close()


def _fault_of(properties: Any) -> str | None:
    version = str(properties.get("version", ""))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if properties.get("product") != "RabbitMQ":
        return "the broker is no RabbitMQ: its queues are not known to keep what they are given"
    if numbers and numbers < OLDEST:
        return f"RabbitMQ {version} is too old: use {'.'.join(map(str, OLDEST))} or later"
    return None


def _reason_of(error: BaseException) -> str:
    """What the server said, or the kind of error; kombu wraps those of connections in one of its own."""
    cause = error.__cause__ if isinstance(error, KombuError) and error.__cause__ else error
    return str(getattr(cause, "reply_text", None) or type(cause).__name__)[:200]
