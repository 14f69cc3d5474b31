"""The server: idempotency and faults around what each provider's API does."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.gatewaysim import control, pages, webhooks
from sandbox.gatewaysim.paypal import api as paypal_api
from sandbox.gatewaysim.questions import read
from sandbox.gatewaysim.responses import Dropped, SimResponse
from sandbox.gatewaysim.state import SimState
from sandbox.gatewaysim.stripe import api as stripe_api
from sandbox.gatewaysim.stripe import wire

MAX_BODY_BYTES = 1_000_000


def build_app(state: SimState) -> Starlette:
    """The stand-in as an ASGI app over this state."""

    async def stripe(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return SimResponse(
                413, {"error": {"type": "invalid_request_error", "message": "too large"}}
            ).to_http()
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return wire.error(401, "invalid_request_error", None, "You did not provide an API key.").to_http()
        path = request.url.path.removeprefix("/v1")
        text = body.decode() if request.method == "POST" else request.url.query
        given = wire.parameters(text)

        def act() -> SimResponse:
            return stripe_api.handle(state, request.method, path, given)

        if request.method != "POST":
            limited = wire.error(429, "invalid_request_error", "rate_limit", "Too many requests.")
            failed = wire.error(500, "api_error", None, "An unknown error occurred.")
            return await read(state, act, limited=limited, failed=failed)
        key = request.headers.get("idempotency-key", "")
        return await _once(state, key, path + "?" + text, act)

    routes = [
        *paypal_api.routes(state),
        Route("/v1/{path:path}", stripe, methods=["GET", "POST"]),
        *pages.routes(state),
        *control.routes(state),
    ]
    return Starlette(routes=routes, lifespan=webhooks.sending(state))


async def _body(request: Request) -> bytes | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return body


async def _once(state: SimState, key: str, what: str, act: Callable[[], SimResponse]) -> Response:
    """Stripe's idempotency: the first response to a key is given again, whatever it was; other content is an error."""
    state.calls += 1
    fingerprint = hashlib.sha256(what.encode()).hexdigest()
    known = state.saved("stripe", key) if key else None
    if known is not None and known.fingerprint != fingerprint:
        return wire.error(
            400, "idempotency_error", None,
            "Keys for idempotent requests can only be used with the same parameters they were first used with.",
        ).to_http()  # fmt: skip
    fault = state.faults.draw(state.random)
    if fault == "lost_before":
        return Dropped()
    if fault == "rate_limited":
        return wire.error(429, "invalid_request_error", "rate_limit", "Too many requests.").to_http()
    if fault == "in_progress":
        return wire.error(
            409,
            "idempotency_error",
            "idempotency_key_in_use",
            "There is another request with this key in progress.",
        ).to_http()
    if known is not None:
        response = SimResponse(known.status, known.body, {"idempotent-replayed": "true"})
    elif fault == "error_before":
        response = wire.error(500, "api_error", None, "An unknown error occurred.")
        state.save("stripe", key, fingerprint, response.status, response.body)
    else:
        response = act()
        if fault == "error_after":
            response = wire.error(500, "api_error", None, "An unknown error occurred.")
        # What was found wrong with the request itself is not saved.
        if response.status not in {400, 404}:
            state.save("stripe", key, fingerprint, response.status, response.body)
    if fault == "slow":
        await asyncio.sleep(state.faults.slow_s)
    if fault == "timeout":
        await asyncio.sleep(state.faults.timeout_s)
    return Dropped() if fault == "lost_after" else response.to_http()
