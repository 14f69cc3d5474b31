"""What tells one state of a thing from another."""

from __future__ import annotations

import hashlib

from interfaces.fields.values import Json, json_text


def entity_tag(value: Json) -> str:
    """The `ETag` of a state."""
    return f'"{hashlib.blake2b(json_text(value).encode(), digest_size=12).hexdigest()}"'
