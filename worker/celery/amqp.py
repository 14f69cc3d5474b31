"""RabbitMQ, over kombu's transport: publishers wait for its word, and what no task may take stops no worker.

Queues are quorum queues: a message is written on most nodes before its publisher hears that it was taken, belongs to
whoever has it in hand until it is acknowledged, and comes back, counted, when that one is gone. The broker's count is
how often; one that came back too often is set aside and not run (`MOST`). So what is given back on purpose, because
PostgreSQL is away, is sent anew and not rejected: it would count as if its worker had died. Rules: R11.1g, R11.6.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import amqp  # type: ignore[import-untyped]  # it ships none
import structlog
from kombu.pools import producers
from kombu.transport import TRANSPORT_ALIASES, pyamqp

from config.amqp import SCHEMES
from worker.celery import properties
from worker.celery.envelope import KEPT
from worker.celery.shape import Fault
from worker.celery.suspects import MOST
from worker.queues import ALL

log = structlog.stdlib.get_logger(__name__)

# How often a message came back, as the broker counts it.
RETURNS = "x-delivery-count"
# Where the transport's options say nothing.
CONFIRM_S = 5.0
MESSAGE_BYTES = 16 * 1024 * 1024


class Message(pyamqp.Message):
    """A message with what is wrong with it as a whole, if anything is: `fault` is looked at before its contents."""

    def __init__(self, msg: Any, channel: Any = None, **kwargs: Any) -> None:
        headers = msg.properties.get("application_headers") or {}
        reason, self._unreadable = msg.properties.pop(properties.UNREADABLE, (None, b""))
        returned = headers.pop(RETURNS, 0)
        # What its sender says of it the first time is no count of the broker's.
        returns = returned if msg.delivery_info.get("redelivered") else 0
        self.fault = Fault("bad_properties", reason) if reason else _fault_of(msg, headers, returns, channel)
        compressed = headers.pop("compression", None)
        make: Any = super().__init__
        make(msg, channel=channel, **kwargs)
        if compressed is not None:
            # Kombu would have unpacked it by now, however large it is.
            self.headers["compression"] = compressed

    def as_sent(self) -> bytes:
        """An envelope as Redis would carry it, from which it can be sent again."""
        return json.dumps(
            {
                "body": base64.b64encode(_bytes(self.body)).decode(),
                "content-type": self.content_type,
                "content-encoding": self.content_encoding,
                "headers": _named_by_text(self.headers),
                "properties": {
                    **{name: value for name, value in self.properties.items() if name in KEPT},
                    "body_encoding": "base64",
                    "delivery_mode": 2,
                    "delivery_info": {},
                    "delivery_tag": self.tag,
                },
            }
            # For whoever looks at it: nothing is made of these.
            | ({"unreadable": base64.b64encode(self._unreadable).decode()} if self._unreadable else {}),
            default=str,
        ).encode()

    @property
    def queue(self) -> str:
        """The queue on which it lay, whatever its sender addressed it to."""
        info = self.delivery_info
        return str(self.channel.consumed.get(info.get("consumer_tag")) or info.get("routing_key") or "")

    @property
    def tag(self) -> str:
        """The same when it is handed out again; the broker's own is a number of the connection."""
        digest = hashlib.sha256(_bytes(self.body)).hexdigest()
        return f"{self.properties.get('correlation_id') or ''}-{digest}"[-200:]

    def requeue(self) -> None:
        self.reject(requeue=True)

    def give_back(self) -> None:
        """As if its worker had died: the broker counts it and hands it out again."""
        reject: Any = super().reject
        reject(requeue=True)

    def reject(self, requeue: bool = False) -> None:
        if requeue and not self.acknowledged:
            try:
                self._send_anew()
            except Exception as error:  # noqa: BLE001 - then the broker gives it back, and counts it
                log.warning(
                    "a message could not be sent anew", error=f"{type(error).__name__}: {error}"[:200]
                )
            else:
                ack: Any = self.ack
                ack()
                return
        reject: Any = super().reject
        reject(requeue=requeue)

    def _send_anew(self) -> None:
        kept = self.properties
        # Another connection than the one that this came by, in whose place no further message is waited for.
        with producers[self.channel.connection.client].acquire(block=True) as producer:
            producer.publish(
                _bytes(self.body),
                # Its exchange may have other queues, or none by now.
                exchange="",
                routing_key=self.queue,
                mandatory=True,
                content_type=self.content_type,
                content_encoding=self.content_encoding,
                headers=self.headers,
                retry=False,
                **{name: kept[name] for name in KEPT if name in kept},
            )


def _fault_of(msg: Any, headers: Any, returns: Any, channel: Any) -> Fault | None:
    size, most = len(_bytes(msg.body)), channel.connection.message_bytes
    if size > most:
        return Fault("too_large", f"{size} bytes are more than {most}")
    if headers.get("compression"):
        # A small message may become a huge one, and no sender needs it.
        return Fault("compressed", "compressed messages are not taken")
    if isinstance(returns, int) and returns >= MOST:
        return Fault("ends_workers", f"{returns} times a worker died that had it in hand")
    return None


def _named_by_text(value: Any) -> Any:
    """A header's value as JSON may have it: names that are no UTF-8 come as bytes."""
    if isinstance(value, dict):
        return {_text_of(name): _named_by_text(part) for name, part in value.items()}
    return [_named_by_text(part) for part in value] if isinstance(value, list) else value


def _text_of(name: Any) -> str:
    return name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else str(name)


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body or b"")


class Channel(pyamqp.Channel):
    """A channel on which no publisher waits for the broker's word without end, nor takes a message that came back for
    one that was taken.
    """

    Message = Message

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # By tags of consumers.
        self.consumed: dict[str, str] = {}
        self._came_back: amqp.ChannelError | None = None
        make: Any = super().__init__
        make(*args, **kwargs)

    def basic_consume(self, queue: str = "", *args: Any, **kwargs: Any) -> Any:
        consume: Any = super().basic_consume
        tag = consume(queue, *args, **kwargs)
        self.consumed[tag] = queue
        return tag

    def _on_basic_return(self, reply_code: int, reply_text: str, *_: Any) -> None:
        # Its confirmation follows, and has to be read: raised here, the next publisher would take it for his own.
        self._came_back = amqp.ChannelError(reply_text, reply_code=reply_code)

    def basic_publish_confirm(self, *args: Any, **kwargs: Any) -> Any:
        connection = self.connection
        if connection is None:
            raise amqp.RecoverableConnectionError("the connection of this channel is closed")
        for name in ("timeout", "confirm_timeout"):
            kwargs[name] = kwargs.get(name) or connection.confirm_timeout_s
        # Of a direct exchange that has no queue the broker confirms a message that it drops.
        kwargs["mandatory"] = bool(kwargs.get("mandatory")) or kwargs.get("exchange") in ("", *ALL)
        publish: Any = super().basic_publish_confirm
        self._came_back = None
        try:
            published = publish(*args, **kwargs)
        except TimeoutError:
            # Its word may come yet, and would be taken for that about the next message.
            connection.collect()
            raise
        if self._came_back is not None:
            raise self._came_back
        return published


class Connection(pyamqp.Connection):
    """A connection with the limits of its transport's options."""

    Channel = Channel

    def __init__(
        self,
        *args: Any,
        confirm_timeout_s: float = CONFIRM_S,
        message_bytes: int = MESSAGE_BYTES,
        **kwargs: Any,
    ) -> None:
        self.confirm_timeout_s, self.message_bytes = confirm_timeout_s, message_bytes
        make: Any = super().__init__
        make(*args, **kwargs)


class Transport(pyamqp.Transport):
    """`amqp://` and `amqps://`, with the connection above."""

    Connection = Connection

    def establish_connection(self) -> Any:
        """Kombu's writes the node's name into settings that all nodes share, and takes an address for `localhost`."""
        client: Any = self.client
        host, ssl = client.hostname, client.ssl
        if isinstance(ssl, dict):
            client.ssl = {**ssl, "server_hostname": host}
        establish: Any = super().establish_connection
        try:
            return establish()
        finally:
            client.hostname, client.ssl = host, ssl


properties.install()
# When it goes on to another node, kombu chooses the transport by the scheme of that one's URL.
TRANSPORT_ALIASES.update(dict.fromkeys(SCHEMES, f"{__name__}:Transport"))
