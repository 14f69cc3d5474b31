"""The envelope of a message: what of it can be read, and one for what came without a good one. Rule: R11.6."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, NamedTuple

import structlog

from settlement.errors import Refused
from settlement.storage.work.quarantine import MOST_BYTES
from worker.celery.shape import Fault, fault_of_properties

log = structlog.stdlib.get_logger(__name__)

# The envelope of something that came without a good one. Never accepted by a consumer.
MISFIT = "application/x-settle-misfit"
TAG_LENGTH = 200
# What a copy of a message keeps of the properties of the first.
KEPT = ("correlation_id", "reply_to", "priority", "message_id")


def fault_of(item: bytes, *, most_bytes: int) -> tuple[Fault | None, Any]:
    """What is wrong with the envelope of a message, if anything is; and the envelope, where it can be read."""
    if len(item) > most_bytes:
        return Fault("too_large", f"{len(item)} bytes are more than {most_bytes}"), None
    try:
        payload = json.loads(item.decode("utf-8"))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not JSON
        return Fault("not_json", text_of(error)), None
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
        return Fault("bad_body", text_of(error))
    return None


def opened(item: bytes, queue: str, *, tag: str, most_bytes: int, fault: Fault | None = None) -> Any:
    """A message as the broker's client hands it on: its own envelope, or one around it if it has none that can be used.

    It is known by `tag` from here on, since two messages may carry the same; and it is addressed to the queue on which
    it lay, whatever its sender wrote. With a `fault` it is none for a task, however good its envelope is.
    """
    found, payload = fault_of(item, most_bytes=most_bytes)
    fault = found or fault
    if fault is not None:
        log.warning("a message for no task", queue=queue, code=fault.code, size=len(item))
        payload = _wrapped(item, queue, fault, None if found else payload["headers"].get("task"))
    properties = payload["properties"]
    properties["sender_tag"], properties["delivery_tag"] = properties["delivery_tag"], tag
    properties["delivery_info"] |= {"exchange": queue, "routing_key": queue}
    return payload


def _wrapped(item: bytes, queue: str, fault: Fault, task: object) -> dict[str, Any]:
    sha256 = hashlib.sha256(item).hexdigest()
    return {
        # Its bytes are in hand (`original`).
        "body": "",
        "content-type": MISFIT,
        "content-encoding": "binary",
        "headers": {"code": fault.code, "reason": fault.reason, "for_task": task},
        # The same again when it is handed out again.
        "properties": {
            "delivery_tag": f"{queue}-{sha256}", "delivery_info": {},
        },
    }  # fmt: skip


def text_of(error: Exception) -> str:
    """An error by its kind and its beginning."""
    return f"{type(error).__name__}: {error}"[:300]


def original(message: Any) -> tuple[bytes, int, bytes]:
    """What lay on the queue, as far as it is kept; its size; and its SHA-256."""
    item = None
    if hasattr(message, "as_sent"):
        # A broker whose protocol keeps body and headers apart.
        try:
            item = message.as_sent()
        except Exception as error:  # noqa: BLE001 - nothing that a sender wrote may keep it out of the quarantine
            log.warning("a message is kept without its envelope", error=text_of(error))
            item = message.body.encode() if isinstance(message.body, str) else bytes(message.body or b"")
    elif hasattr(message.channel, "lease"):
        item = message.channel.qos.item_of(message.delivery_tag)
    item = item or b""
    return item[:MOST_BYTES], len(item), hashlib.sha256(item).digest()


class Contents(NamedTuple):
    """What an envelope holds, apart, for a broker whose protocol keeps it so."""

    body: bytes
    content_type: str | None
    content_encoding: str | None
    headers: dict[str, Any]
    properties: dict[str, Any]


def contents(item: bytes) -> Contents:
    """An envelope taken apart.

    Raises:
        Refused: it is none of which a message could be made.
    """
    fault, payload = fault_of(item, most_bytes=len(item))
    if fault is not None:
        raise Refused("no_envelope", f"the message cannot be sent again: {fault.reason}")
    body, properties = payload["body"], payload["properties"]
    return Contents(
        base64.b64decode(body) if properties.get("body_encoding") == "base64" else body.encode(),
        payload.get("content-type"),
        payload.get("content-encoding"),
        payload["headers"],
        {name: properties[name] for name in KEPT if properties.get(name)},
    )
