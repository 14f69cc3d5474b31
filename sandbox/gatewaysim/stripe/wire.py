"""How Stripe's calls look on the wire: form-encoded parameters, errors, pages of a list."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from sandbox.gatewaysim.calls import Words
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


def invalid(code: str, message: str, **more: Any) -> SimResponse:
    """A request that makes no sense, or not now."""
    return error(400, "invalid_request_error", code or None, message, **more)


def not_there(kind: str, its_id: str, **more: Any) -> SimResponse:
    """Nobody knows what was named."""
    text = f"No such {kind}: '{its_id}'"
    return error(404, "invalid_request_error", "resource_missing", text, **more)


WORDS = Words(
    limited=error(429, "invalid_request_error", "rate_limit", "Too many requests."),
    failed=error(500, "api_error", None, "An unknown error occurred."),
    in_progress=error(
        409, "idempotency_error", "idempotency_key_in_use", "There is another request with this key in progress."
    ),
    reused=error(
        400, "idempotency_error", None,
        "Keys for idempotent requests can only be used with the same parameters they were first used with.",
    ),
    keeps_errors=True,
)  # fmt: skip


def between(at: datetime, given: dict[str, Any]) -> bool:
    """Does an instant lie within the bounds of the parameter `created`."""
    created = given.get("created", {})
    bounds = {name: int(value) for name, value in created.items()} if isinstance(created, dict) else {}
    second = int(at.timestamp())
    return (
        bounds.get("gte", 0) <= second < bounds.get("lt", 2**62)
        and second <= bounds.get("lte", 2**62)
        and second > bounds.get("gt", -1)
    )


def page(url: str, found: list[dict[str, Any]], given: dict[str, Any]) -> SimResponse:
    """One page of what was found, after the object that `starting_after` names."""
    after = given.get("starting_after")
    if after:
        ids = [thing["id"] for thing in found]
        found = found[ids.index(after) + 1 :] if after in ids else []
    limit = str(given.get("limit", 10))
    if not limit.isdigit():
        return invalid("parameter_invalid_integer", f"Invalid integer: {limit}")
    count = min(int(limit), 100)
    return SimResponse(
        200, {"object": "list", "url": url, "has_more": len(found) > count, "data": found[:count]}
    )
