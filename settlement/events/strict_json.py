"""JSON as every door reads it: what others would read differently is refused, not guessed."""

from __future__ import annotations

import json
from typing import Any


def strict_json(text: str | bytes) -> Any:
    """The value of a document.

    Raises:
        ValueError: not JSON, or NaN, an infinity, or a name that comes twice in one object.
        RecursionError: lists within lists beyond all reason.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    return _DECODER.decode(text)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:100]!r} comes twice in one object")
    return found


# `json.loads` makes one for every document.
_DECODER = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_once_each)
