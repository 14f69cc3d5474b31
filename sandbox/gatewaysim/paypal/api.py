"""The part of PayPal's API that charging vaulted accounts needs: its routes, and the request ids of its calls."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.gatewaysim.paypal import orders, refunds, reports
from sandbox.gatewaysim.paypal.objects import error
from sandbox.gatewaysim.paypal.webhooks import certificate
from sandbox.gatewaysim.questions import read
from sandbox.gatewaysim.responses import Dropped, Made, SimResponse
from sandbox.gatewaysim.state import SimState

MAX_BODY_BYTES = 1_000_000


def routes(state: SimState) -> list[Route]:  # noqa: C901 - small handlers over one state
    """Every route that PayPal's library calls here."""

    async def token(_: Request) -> Response:
        return SimResponse(
            200, {"access_token": "sim", "token_type": "Bearer", "expires_in": 32_400, "scope": "sim"}
        ).to_http()

    async def made(request: Request, scope: str, act: Callable[[dict[str, Any]], Made]) -> Response:
        if not _has_token(request):
            return error(401, "AUTHENTICATION_FAILURE").to_http()
        body = await request.body()
        if len(body) > MAX_BODY_BYTES:
            return error(413, "REQUEST_TOO_LARGE").to_http()
        what = request.url.path.encode() + b"\n" + body
        return await _once(state, scope, request.headers.get("paypal-request-id", ""), what, body, act)

    async def create(request: Request) -> Response:
        return await made(request, "paypal", lambda given: orders.create(state, given))

    async def capture(request: Request) -> Response:
        order_id = request.path_params["id"]
        return await made(request, "paypal", lambda _: orders.capture(state, order_id))

    async def refund(request: Request) -> Response:
        capture_id = request.path_params["id"]
        return await made(request, "paypal-payments", lambda given: refunds.create(state, capture_id, given))

    async def respond(request: Request, act: Callable[[], SimResponse]) -> Response:
        if not _has_token(request):
            return error(401, "AUTHENTICATION_FAILURE").to_http()
        limited, failed = error(429, "RATE_LIMIT_REACHED"), error(500, "INTERNAL_SERVER_ERROR")
        return await read(state, act, limited=limited, failed=failed)

    async def thing(request: Request) -> Response:
        return await respond(request, lambda: orders.found(state, request.path_params["id"]))

    async def void(request: Request) -> Response:
        state.calls += 1
        return orders.void(state, request.path_params["id"]).to_http()

    async def transactions(request: Request) -> Response:
        return await respond(request, lambda: reports.transactions(state, dict(request.query_params)))

    async def pem(_: Request) -> Response:
        return PlainTextResponse(certificate(), media_type="application/x-pem-file")

    return [
        Route("/v1/oauth2/token", token, methods=["POST"]),
        Route("/v2/checkout/orders", create, methods=["POST"]),
        Route("/v2/checkout/orders/{id}", thing),
        Route("/v2/checkout/orders/{id}/capture", capture, methods=["POST"]),
        Route("/v2/payments/authorizations/{id}", thing),
        Route("/v2/payments/authorizations/{id}/void", void, methods=["POST"]),
        Route("/v2/payments/captures/{id}", thing),
        Route("/v2/payments/captures/{id}/refund", refund, methods=["POST"]),
        Route("/v2/payments/refunds/{id}", thing),
        Route("/v1/reporting/transactions", transactions),
        Route("/sim/paypal-certificate.pem", pem),
    ]


def _has_token(request: Request) -> bool:
    return request.headers.get("authorization", "").startswith("Bearer ")


async def _once(
    state: SimState, scope: str, key: str, what: bytes, body: bytes, act: Callable[[dict[str, Any]], Made]
) -> Response:
    """A repeat with the same request id tells the latest state of what the first one made, and does nothing."""
    state.calls += 1
    if not key:
        return error(400, "INVALID_REQUEST", "MISSING_REQUIRED_PARAMETER").to_http()
    fault = state.faults.draw(state.random)
    early: dict[str, Response] = {
        "lost_before": Dropped(),
        "rate_limited": error(429, "RATE_LIMIT_REACHED").to_http(),
        "in_progress": error(409, "RESOURCE_CONFLICT", "PREVIOUS_REQUEST_IN_PROGRESS").to_http(),
        "error_before": error(500, "INTERNAL_SERVER_ERROR").to_http(),
    }
    if fault in early:
        return early[fault]
    fingerprint = hashlib.sha256(what).hexdigest()
    known = state.saved(scope, key)
    if known is not None and known.fingerprint != fingerprint:
        return error(422, "UNPROCESSABLE_ENTITY", "PAYPAL_REQUEST_ID_REUSED").to_http()
    if known is not None:
        response = (
            SimResponse(200, state.objects[known.body])
            if known.status < 300
            else SimResponse(known.status, known.body)
        )
    else:
        try:
            given = json.loads(body or b"{}")
            made = act(given)
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
            return error(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON").to_http()
        response = made.response
        # Made things are told as they are by then; a refusal is told again as it was.
        state.save(scope, key, fingerprint, response.status, made.object_id or response.body)
    if fault == "slow":
        await asyncio.sleep(state.faults.slow_s)
    if fault == "timeout":
        await asyncio.sleep(state.faults.timeout_s)
    if fault == "error_after":
        return error(500, "INTERNAL_SERVER_ERROR").to_http()
    return Dropped() if fault == "lost_after" else response.to_http()
