"""How Stripe's calls look on the wire: form-encoded parameters, errors, pages of a list."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from sandbox.gatewaysim.responses import SimResponse


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


def error(status: int, kind: str, code: str | None, message: str, **more: Any) -> SimResponse:
    """An error as Stripe words it."""
    return SimResponse(status, {"error": {"type": kind, "code": code, "message": message, **more}})


def page(url: str, found: list[dict[str, Any]], given: dict[str, Any]) -> SimResponse:
    """One page of what was found, after the object that `starting_after` names."""
    after = given.get("starting_after")
    if after:
        ids = [thing["id"] for thing in found]
        found = found[ids.index(after) + 1 :] if after in ids else []
    respond = str(given.get("limit", 10))
    if not respond.isdigit():
        return error(400, "invalid_request_error", "parameter_invalid_integer", f"Invalid integer: {respond}")
    limit = min(int(respond), 100)
    return SimResponse(
        200, {"object": "list", "url": url, "has_more": len(found) > limit, "data": found[:limit]}
    )
