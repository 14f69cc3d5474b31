"""How Stripe's calls look on the wire: form-encoded parameters, errors, pages of a list."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from sandbox.gatewaysim.answers import Answer


def parameters(text: str) -> dict[str, Any]:
    """Stripe's form encoding: `metadata[a]=b` is a mapping inside."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        outer, bracket, inner = name.partition("[")
        if bracket:
            found.setdefault(outer, {})[inner.rstrip("]")] = value
        else:
            found[outer] = value
    return found


def error(status: int, kind: str, code: str | None, message: str, **more: Any) -> Answer:
    """An error as Stripe words it."""
    return Answer(status, {"error": {"type": kind, "code": code, "message": message, **more}})


def page(url: str, found: list[dict[str, Any]], given: dict[str, Any]) -> Answer:
    """One page of what was found, after the object that `starting_after` names."""
    after = given.get("starting_after")
    if after:
        ids = [thing["id"] for thing in found]
        found = found[ids.index(after) + 1 :] if after in ids else []
    asked = str(given.get("limit", 10))
    if not asked.isdigit():
        return error(400, "invalid_request_error", "parameter_invalid_integer", f"Invalid integer: {asked}")
    limit = min(int(asked), 100)
    return Answer(200, {"object": "list", "url": url, "has_more": len(found) > limit, "data": found[:limit]})
