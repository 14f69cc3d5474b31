"""Webhooks as they arrive: is a message from the one who has the secret, and of now? Standard Webhooks 1.0."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from settle_client.problems import ClientError
from settle_client.values import Received

TOLERANCE_S = 300
_PREFIX = "whsec_"


class NotVerified(ClientError):
    """The message is not to be believed: respond with 401, and do nothing that it says."""


class Message(Received):
    """An announcement as it was delivered. `id` never means another: drop repeats by it. `data`: as its `type` has it.

    `timestamp` is when it happened; a message that only tries an endpoint has none.
    """

    id: str
    type: str
    timestamp: datetime | None = None
    correlation_id: str | None = None
    data: Any = None


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    secrets: str | Sequence[str],
    *,
    tolerance_s: float = TOLERANCE_S,
    now_s: float | None = None,
) -> Message:
    """The message, if one of its signatures is by one of the secrets and it is not older or newer than the tolerance.

    `body` is what was received, byte for byte. Headers are found whatever their case. Several secrets are those before
    and after a rotation. `now_s` is the time in seconds since 1970, by default the clock's. Takes the same time for
    any signature that is wrong.

    Raises:
        NotVerified: a header is missing, it is too old or too new, or no signature is right.
        ValueError: a secret is none, or there is none.
    """
    raw = body.encode() if isinstance(body, str) else bytes(body)
    named = {name.lower(): text for name, text in headers.items()}
    message_id, sent_at = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    given = [one.encode() for one in named.get("webhook-signature", "").split()]
    if not (message_id and sent_at and given):
        raise NotVerified("webhook-id, webhook-timestamp or webhook-signature is missing")
    if not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) < 16):
        raise NotVerified("webhook-timestamp is no number of seconds")
    content = f"{message_id}.{sent_at}.".encode() + raw
    wanted = [_signature(key, content) for key in _keys(secrets)]
    right = [hmac.compare_digest(one, other) for one in wanted for other in given]
    if not any(right):
        raise NotVerified("no signature is by one of these secrets")
    if abs((time.time() if now_s is None else now_s) - int(sent_at)) > tolerance_s:
        raise NotVerified(f"it was signed more than {tolerance_s:g} seconds from now")
    return _message(raw, message_id)


def _signature(key: bytes, content: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256))


def _keys(secrets: str | Sequence[str]) -> list[bytes]:
    texts = [secrets] if isinstance(secrets, str) else list(secrets)
    if not texts:
        raise ValueError("there is no secret to check by")
    try:
        keys = [base64.b64decode(text.removeprefix(_PREFIX), validate=True) for text in texts]
    except binascii.Error:
        raise ValueError("a secret is whsec_ and base64") from None
    if not all(keys):
        raise ValueError("a secret is empty")
    return keys


def _message(raw: bytes, message_id: str) -> Message:
    try:
        message = Message.model_validate_json(raw)
    except ValidationError as error:
        raise NotVerified(f"signed, but no announcement: {error}") from None
    if message.id != message_id:
        raise NotVerified("webhook-id is not the id of the announcement")
    return message
