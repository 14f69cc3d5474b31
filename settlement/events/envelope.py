"""From whatever an ingress was handed to an inbox arrival. Nothing is lost: what has no proper shape is kept, refused.

An event without a usable id gets one from its own bytes, so that the same broken message twice is one row.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import UTC
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from settlement.events.inbound.fields import Name, printable
from settlement.events.strict_json import strict_json
from settlement.faults import faults_text
from settlement.model.arrival import Arrival
from settlement.model.policies.senders import NOT_ALLOWED

# Larger payloads belong in a file import; PostgreSQL would take them, the broker and the log should not.
MAX_EVENT_BYTES = 4_000_000
_RAW_KEPT = 100_000
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


class Envelope(BaseModel):
    """What every event carries, by whichever ingress it comes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    source: Annotated[Name, Field(description="Who sends.")]
    event_id: Annotated[
        Name, Field(description="Unique within the source: the two are the event's identity, for ever.")
    ]
    type: Annotated[str, StringConstraints(max_length=100), AfterValidator(printable)]
    account: Annotated[
        str,
        StringConstraints(max_length=200),
        AfterValidator(printable),
        Field(description="The name under which it was opened; of a transfer the receiving one."),
    ] = ""
    data: dict[str, Any]
    occurred_at: Annotated[
        Annotated[AwareDatetime, Field(strict=False)] | None,
        Field(description="When it happened, RFC 3339 with a zone."),
    ] = None
    correlation_id: Annotated[
        Name | None,
        Field(
            description="Follows the event into the log, the outbox and announcements; absent: `source/event_id`."
        ),
    ] = None


def arrival_of(message: object, *, ingress: str) -> Arrival:
    """An arrival from a decoded message (a mapping) or from JSON text or bytes. Never raises. An arrival is one."""
    if isinstance(message, Arrival):
        return message
    if isinstance(message, (bytes, str)):
        try:
            if len(message) > MAX_EVENT_BYTES:
                return _refused(message, ingress, f"the event is larger than {MAX_EVENT_BYTES} bytes")
            decoded = strict_json(message)
        except (ValueError, RecursionError) as error:
            return _refused(message, ingress, f"not JSON: {error}")
        return arrival_of(decoded, ingress=ingress)
    try:
        envelope = Envelope.model_validate(message)
        data = _ENCODER.encode(envelope.data)
        data.encode()  # half a surrogate pair is text to Python and to nobody else
        occurred_at = None if envelope.occurred_at is None else envelope.occurred_at.astimezone(UTC)
    except ValidationError as error:
        return _refused(message, ingress, faults_text(error, most=1))
    except (TypeError, ValueError, RecursionError) as error:
        return _refused(message, ingress, f"data: {error}")
    except OverflowError:
        return _refused(message, ingress, "occurred_at: the instant is out of range")
    if "\\u0000" in data:
        return _refused(message, ingress, "text must not contain NUL")
    if len(data) > MAX_EVENT_BYTES:
        return _refused(message, ingress, f"the event is larger than {MAX_EVENT_BYTES} bytes")
    return Arrival(
        envelope.source,
        envelope.event_id,
        envelope.type,
        envelope.account,
        data,
        occurred_at,
        envelope.correlation_id,
    )


def arrival_of_sender(message: object, source: str, *, ingress: str) -> Arrival:
    """As `arrival_of`, of what came by the sender's own way in: it need not name its source, and may name no other.

    What is refused here has an id of its own bytes, so that nobody takes an identity of somebody else's.
    """
    if isinstance(message, (bytes, str)) and len(message) <= MAX_EVENT_BYTES:
        with suppress(ValueError, RecursionError):
            message = strict_json(message)
    named = message.get("source", source) if isinstance(message, dict) else source
    if isinstance(message, dict) and named == source:
        return arrival_of({**message, "source": source}, ingress=ingress)
    arrival = arrival_of(message, ingress=ingress) if named == source else None
    why = f"this stream is of source {source}, the event says {str(named)[:200]}"
    refused = _refused({"refused": message}, ingress, why if arrival is None else arrival.reason or why)
    return refused._replace(source=source, reason_code="bad_shape" if named == source else NOT_ALLOWED)


def _refused(message: object, ingress: str, reason: str) -> Arrival:
    """A refused arrival that keeps what came. Its source and id are the event's own where it names them, else of the
    ingress and of its bytes.
    """
    raw = message.decode("utf-8", "backslashreplace") if isinstance(message, bytes) else _text(message)
    digest = hashlib.blake2b(raw.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
    named = message if isinstance(message, dict) else {}
    source = _named(named, "source") or f"door:{ingress}"
    event_id = _named(named, "event_id") or f"raw:{digest}"
    kept = json.dumps({"raw": raw[:_RAW_KEPT].replace("\0", "\\0")})
    return Arrival(
        source, event_id, _named(named, "type"), _named(named, "account"), kept, None, None, "bad_shape",
        reason.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()[:1000],
    )  # fmt: skip


def _text(message: object) -> str:
    try:
        return json.dumps(message, default=str)
    except (TypeError, ValueError, RecursionError):
        return repr(message)[:_RAW_KEPT]


def _named(message: dict[Any, Any], key: str) -> str:
    value = message.get(key)
    if not isinstance(value, str):
        return ""
    try:
        printable(value)
    except ValueError:
        return ""
    return value[:200].encode("utf-8", "backslashreplace").decode()[:200]
