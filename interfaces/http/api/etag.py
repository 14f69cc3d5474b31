"""What tells one state of a thing from another, and what of it an edit has to find again."""

from __future__ import annotations

import hashlib
import re

from interfaces.fields.values import Json, json_text

_TAG = re.compile(r'"[0-9a-f]{24}\.([0-9a-f]{18})"')


def entity_tag(value: Json) -> str:
    """The `ETag` of a state. Of what can be edited it ends in its revision."""
    digest = hashlib.blake2b(json_text(value).encode(), digest_size=12).hexdigest()
    revision = value.get("revision") if isinstance(value, dict) else None
    return f'"{digest}.{revision}"' if revision else f'"{digest}"'


def revision_of(tag: str) -> str | None:
    """The revision that the `ETag` of an account or a unified settlement names; None if it is of neither."""
    found = _TAG.fullmatch(tag.strip())
    return found[1] if found else None
