"""The ASGI app: `POST /webhooks/{gateway}`, `GET /health`, `GET /ready`, `GET /metrics`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from interfaces.http.metrics import CONTENT_TYPE, metrics
from settlement.errors import Refused, Unavailable
from settlement.gateways.port import Gateway
from settlement.operations.gateway.webhooks import store_notification
from settlement.queries import Store

log = structlog.stdlib.get_logger(__name__)


def build_app(
    *,
    store: Store,
    gateways: Mapping[str, Gateway],
    clock: Callable[[], datetime],
    on_stored: Callable[[], object],
    max_body_bytes: int,
) -> Starlette:
    """The app over a store and its gateways. `on_stored` is called after a new webhook is committed.

    A webhook is answered 200 when it is kept (again, too), 400 when its signature is not right, 404 for a gateway that
    is not set up, 413 when it is too large, 503 when it could not be kept, so that the provider sends it again.
    """

    async def webhook(request: Request) -> Response:
        gateway = gateways.get(request.path_params["gateway"])
        if gateway is None:
            return _refused(404, "unknown_gateway", "no such gateway is set up")
        try:
            body = await _body(request, max_body_bytes)
        except ClientDisconnect:
            return _refused(400, "incomplete", "the connection ended before the body did")
        if body is None:
            return _refused(413, "too_large", f"a body of more than {max_body_bytes} bytes is not read")
        try:
            is_new = await run_in_threadpool(
                store_notification,
                store,
                gateway,
                dict(request.headers),
                body,
                at=await run_in_threadpool(clock),
            )
        except Refused as refusal:
            log.warning("webhook refused", gateway=gateway.name, reason=refusal.code)
            return _refused(400, refusal.code, refusal.message)
        except Unavailable as error:
            log.warning("webhook not kept", gateway=gateway.name, error=str(error))
            return _refused(503, "unavailable", "it could not be kept; send it again")
        if is_new:
            await run_in_threadpool(on_stored)
        return JSONResponse({"stored": is_new})

    async def health(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(_: Request) -> Response:
        try:
            await run_in_threadpool(_ask, store)
        except Unavailable:
            return JSONResponse({"ready": False}, 503)
        return JSONResponse({"ready": True})

    return Starlette(
        routes=[
            Route("/webhooks/{gateway}", webhook, methods=["POST"]),
            Route("/health", health),
            Route("/ready", ready),
            Route("/metrics", _figures(store)),
        ]
    )


def _figures(store: Store) -> Callable[[Request], Awaitable[Response]]:
    async def figures(_: Request) -> Response:
        try:
            text = await run_in_threadpool(metrics, store)
        except Unavailable:
            return Response("", 503)
        return Response(text, media_type=CONTENT_TYPE)

    return figures


async def _body(request: Request, limit: int) -> bytes | None:
    """The body, or None when it is larger than that, by what is announced or by what comes."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > limit:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _ask(store: Store) -> None:
    with store.transaction() as tx:
        tx.exec_driver_sql("SELECT 1")


def _refused(status: int, code: str, reason: str) -> Response:
    return JSONResponse({"error": code, "reason": reason}, status)
