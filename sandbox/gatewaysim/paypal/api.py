"""The part of PayPal's API that charging vaulted accounts needs: its routes, and the request ids of its calls."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.gatewaysim.calls import body_of, once, read
from sandbox.gatewaysim.paypal import orders, refunds, reports
from sandbox.gatewaysim.paypal.objects import WORDS, error, rendered
from sandbox.gatewaysim.paypal.webhooks import certificate
from sandbox.gatewaysim.responses import Made, SimResponse
from sandbox.gatewaysim.state import Saved, SimState

Handler = Callable[[Request], Awaitable[Response]]
# What is made by a call, and requested by one, of the thing that the path names and what was given.
Makes = Callable[[str, dict[str, Any]], Made]
Reads = Callable[[str, dict[str, str]], SimResponse]


def routes(state: SimState) -> list[Route]:
    """Every route that PayPal's library calls here."""

    async def token(_: Request) -> Response:
        return SimResponse(
            200, {"access_token": "sim", "token_type": "Bearer", "expires_in": 32_400, "scope": "sim"}
        ).to_http()

    async def void(request: Request) -> Response:
        state.calls += 1
        return orders.void(state, request.path_params["id"]).to_http()

    async def pem(_: Request) -> Response:
        return PlainTextResponse(certificate(), media_type="application/x-pem-file")

    def made(path: str, scope: str, act: Makes) -> Route:
        return Route(path, _making(state, scope, act), methods=["POST"])

    def read(path: str, act: Reads) -> Route:
        return Route(path, _asking(state, act))

    def thing(its_id: str, _: dict[str, str]) -> SimResponse:
        return orders.found(state, its_id)

    return [
        Route("/v1/oauth2/token", token, methods=["POST"]),
        made("/v2/checkout/orders", "paypal", lambda _, given: orders.create(state, given)),
        made("/v2/checkout/orders/{id}/capture", "paypal", lambda its_id, _: orders.capture(state, its_id)),
        made(
            "/v2/payments/captures/{id}/refund", "paypal-payments",
            lambda its_id, given: refunds.create(state, its_id, given),
        ),
        read("/v2/checkout/orders/{id}", thing),
        read("/v2/payments/authorizations/{id}", thing),
        read("/v2/payments/captures/{id}", thing),
        read("/v2/payments/refunds/{id}", thing),
        read("/v1/customer/disputes", lambda _, given: refunds.disputes(state, given)),
        read("/v1/customer/disputes/{id}", lambda its_id, _: refunds.show_dispute(state, its_id)),
        read("/v1/reporting/transactions", lambda _, given: reports.transactions(state, given)),
        Route("/v2/payments/authorizations/{id}/void", void, methods=["POST"]),
        Route("/sim/paypal-certificate.pem", pem),
    ]  # fmt: skip


def _making(state: SimState, scope: str, act: Makes) -> Handler:
    """A call that moves money. A repeat with the same request id does nothing more."""

    async def handle(request: Request) -> Response:
        if not _has_token(request):
            return error(401, "AUTHENTICATION_FAILURE").to_http()
        body = await body_of(request)
        if body is None:
            return error(413, "REQUEST_TOO_LARGE").to_http()
        key = request.headers.get("paypal-request-id", "")
        if not key:
            return error(400, "INVALID_REQUEST", "MISSING_REQUIRED_PARAMETER").to_http()

        def execute() -> Made:
            try:
                return act(request.path_params.get("id", ""), json.loads(body or b"{}"))
            except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
                return Made(error(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON"))

        def again(known: Saved) -> SimResponse:
            # Made things are told as they are by then; a refusal is told again as it was.
            return (
                SimResponse(200, rendered(state, known.made.object_id))
                if known.made.object_id
                else known.made.response
            )

        what = request.url.path.encode() + b"\n" + body
        return await once(state, scope, key, what, execute, again, WORDS)

    return handle


def _asking(state: SimState, act: Reads) -> Handler:
    async def handle(request: Request) -> Response:
        if not _has_token(request):
            return error(401, "AUTHENTICATION_FAILURE").to_http()
        its_id, given = request.path_params.get("id", ""), dict(request.query_params)
        return await read(state, lambda: act(its_id, given), WORDS)

    return handle


def _has_token(request: Request) -> bool:
    return request.headers.get("authorization", "").strip().startswith("Bearer ")
