"""Kombu's Redis transport, which a message that is no message cannot stop.

Kombu reads a message off a queue, takes it for JSON of a certain shape, and lets the error end the worker when it is
not. Here whatever comes off a queue is looked at first. What does not have the shape is put into an envelope that has,
under a content type of its own: from there it takes kombu's own way for messages that cannot be decoded, held by the
broker as unacknowledged until the consumer has set it aside. Rule: R11.6.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

import structlog
from kombu.transport import redis as kombu_redis
from kombu.transport.virtual import Empty
from kombu.utils.json import loads
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import ResponseError

from settlement.storage.work.quarantine import MOST_BYTES
from worker.celery.shape import Fault, fault_of_properties
from worker.celery.unacknowledged import QoS
from worker.queues import ALL

log = structlog.stdlib.get_logger(__name__)

# The envelope of something that came without a good one. Never accepted by a consumer.
MISFIT = "application/x-settle-misfit"
MESSAGE_BYTES = 16 * 1024 * 1024
TAG_LENGTH = 200


def fault_of(item: bytes, *, most_bytes: int) -> tuple[Fault | None, Any]:
    """What is wrong with the envelope of a message, if anything is; and the envelope, where it can be read."""
    if len(item) > most_bytes:
        return Fault("too_large", f"{len(item)} bytes are more than {most_bytes}"), None
    try:
        payload = loads(item.decode("utf-8"))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not JSON that kombu can read
        return Fault("not_json", _text_of(error)), None
    return _fault_of_envelope(payload), payload


def _fault_of_envelope(payload: Any) -> Fault | None:
    if not isinstance(payload, dict):
        return Fault("bad_envelope", f"a JSON {type(payload).__name__} and no object")
    properties = payload.get("properties")
    if not isinstance(properties, dict):
        return Fault("bad_envelope", "no properties")
    if not isinstance(payload.get("headers"), dict):
        return Fault("bad_envelope", "no headers")
    if payload["headers"].get("compression"):
        # A small message may become a huge one, and no sender needs it.
        return Fault("compressed", "compressed messages are not taken")
    tag = properties.get("delivery_tag")
    if not isinstance(tag, str) or not 0 < len(tag) <= TAG_LENGTH or not tag.isprintable():
        return Fault("bad_envelope", "no delivery tag")
    if not isinstance(properties.get("delivery_info"), dict):
        return Fault("bad_envelope", "no delivery info")
    if not isinstance(payload.get("body"), str):
        return Fault("bad_envelope", "no body")
    for name in ("content-type", "content-encoding"):
        if not isinstance(payload.get(name), (str, type(None))):
            return Fault("bad_envelope", f"{name} is no text")
    fault = fault_of_properties(properties)
    return fault or _fault_of_body(payload["body"], properties.get("body_encoding"))


def _fault_of_body(body: str, encoding: object) -> Fault | None:
    if encoding is None or encoding == "" or (isinstance(encoding, str) and encoding.lower() == "utf-8"):
        return None
    if encoding != "base64":
        return Fault("bad_body", "the encoding of the body is not known")
    try:
        # Kombu passes over what is no base64 and would hand on something else than was sent.
        base64.b64decode(body, validate=True)
    except ValueError as error:
        return Fault("bad_body", _text_of(error))
    return None


def whole(item: bytes, queue: str, *, most_bytes: int) -> bytes:
    """The message as it came, or an envelope around it if it has none that can be used."""
    fault, payload = fault_of(item, most_bytes=most_bytes)
    if fault is not None:
        log.warning("a message without a usable envelope", queue=queue, code=fault.code, size=len(item))
        return _wrapped(item, queue, fault)
    info = payload["properties"]["delivery_info"]
    if queue in ALL and (info.get("routing_key"), info.get("exchange")) != (queue, queue):
        # By these the broker's client finds the queue again when a worker dies with the message.
        info.update(exchange=queue, routing_key=queue)
        return json.dumps(payload).encode()
    return item


def _wrapped(item: bytes, queue: str, fault: Fault) -> bytes:
    return json.dumps(
        {
            "body": base64.b64encode(item[:MOST_BYTES]).decode(),
            "content-type": MISFIT,
            "content-encoding": "binary",
            "headers": {
                "code": fault.code,
                "reason": fault.reason,
                "size": len(item),
                "sha256": hashlib.sha256(item).hexdigest(),
            },
            "properties": {
                "delivery_tag": str(uuid.uuid4()),
                "body_encoding": "base64",
                "delivery_info": {"exchange": queue, "routing_key": queue},
            },
        }
    ).encode()


def _text_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


class Channel(kombu_redis.Channel):
    """A channel that hands on nothing its callers cannot read."""

    QoS = QoS
    message_bytes = MESSAGE_BYTES
    from_transport_options: Any = (*kombu_redis.Channel.from_transport_options, "message_bytes")

    def _create_client(self, asynchronous: bool = False) -> Any:
        create: Any = super()._create_client
        client = create(asynchronous=asynchronous)
        if asynchronous:
            client.set_response_callback("BRPOP", self._popped)
        return client

    def _get_pool(self, asynchronous: bool = False) -> Any:
        """A channel may be asked for something after its connection was lost and closed: a task ends and wants to
        acknowledge, a worker gives back what it holds. Kombu's own error for that is none that Celery expects, and
        ended the worker. As a lost connection it is passed over, and the broker hands the message out again.
        """
        if self.connection is None or self.connection.client is None:
            raise ConnectionLost("the connection of this channel is closed")
        pool: Any = super()._get_pool
        return pool(asynchronous=asynchronous)

    def _popped(self, response: Any, **_: Any) -> tuple[bytes, bytes] | None:
        if not response:
            return None
        key, item = response
        queue = key.decode().removeprefix(self.global_keyprefix).rsplit(self.sep, 1)[0]
        return key, whole(item, queue, most_bytes=self.message_bytes)

    def _receive_one(self, c: Any) -> Any:
        """Broadcasts: questions to all workers. No work is lost with one that cannot be read."""
        receive: Any = super()._receive_one
        try:
            return receive(c)
        except (Empty, self.ResponseError, *self.connection_errors):
            raise
        except Exception as error:
            log.warning("a broadcast could not be read", error=_text_of(error))
            raise Empty from error


class Transport(kombu_redis.Transport):
    """`redis://` and `rediss://`, with the channel above.

    A broker that refuses a command, out of memory, unable to save or without its replicas, is one that is away for a
    while: it is waited for, where kombu's own kind of error would end the worker.
    """

    Channel = Channel
    connection_errors = (*kombu_redis.Transport.connection_errors, ResponseError)


def _as_sent(envelope: dict[str, Any]) -> dict[str, Any]:
    """Without the marks by which the broker's client says that it hands a message out again."""
    properties = envelope["properties"]
    info = properties.get("delivery_info") or {}
    return {
        **envelope,
        "headers": {name: value for name, value in envelope["headers"].items() if name != "redelivered"},
        "properties": {
            **properties,
            "delivery_info": {name: value for name, value in info.items() if name != "redelivered"},
        },
    }


def original(message: Any) -> tuple[bytes, int, bytes]:
    """What lay on the queue, as far as it is kept; its size; and its SHA-256."""
    if message.content_type == MISFIT:
        headers: Mapping[str, Any] = message.headers
        return message.body, int(headers["size"]), bytes.fromhex(headers["sha256"])
    envelope = getattr(message, "_raw", None)
    if envelope is None:
        # A broker whose protocol keeps body and headers apart.
        body = message.body.encode() if isinstance(message.body, str) else bytes(message.body or b"")
        envelope = {
            "body": base64.b64encode(body).decode(),
            "content-type": message.content_type,
            "content-encoding": message.content_encoding,
            "headers": message.headers,
            "properties": message.properties,
        }
    envelope = _as_sent(envelope)
    item = json.dumps(envelope, default=str).encode()
    return item[:MOST_BYTES], len(item), hashlib.sha256(item).digest()
