"""The ASGI app: `POST /webhooks/{gateway}`, `GET /health`, `GET /ready`, `GET /metrics`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
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
    body_timeout_s: float,
    webhook_threads: int,
) -> Starlette:
    """The app over a store and its gateways. `on_stored` is called after a new webhook is committed.

    A webhook is answered 200 when it is kept (again, too), 400 when its signature is not right, 404 for a gateway that
    is not set up, 408 when its body takes longer than `body_timeout_s`, 413 when it is too large, 503 when it could not
    be kept, so that the provider sends it again. Webhooks take turns on `webhook_threads` threads of their own and no
    more database connections than that, so that whether it is ready can be learned however many strangers call.
    """
    turns = CapacityLimiter(webhook_threads)

    def keep(gateway: Gateway, headers: Mapping[str, str], body: bytes) -> bool:
        return store_notification(store, gateway, headers, body, at=clock())

    async def webhook(request: Request) -> Response:
        gateway = gateways.get(request.path_params["gateway"])
        if gateway is None:
            return _refused(404, "unknown_gateway", "no such gateway is set up")
        body = await _body(request, max_body_bytes, body_timeout_s)
        if isinstance(body, Response):
            return body
        try:
            is_new = await run_sync(keep, gateway, dict(request.headers), body, limiter=turns)
        except Refused as refusal:
            log.warning("webhook refused", gateway=gateway.name, reason=refusal.code)
            return _refused(400, refusal.code, refusal.message)
        except Unavailable as error:
            log.warning("webhook not kept", gateway=gateway.name, error=str(error))
            return _refused(503, "unavailable", "it could not be kept; send it again")
        if is_new:
            await run_sync(on_stored, limiter=turns)
        return JSONResponse({"stored": is_new})

    async def health(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(_: Request) -> Response:
        try:
            await run_in_threadpool(_ping, store)
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


async def _body(request: Request, most_bytes: int, timeout_s: float) -> bytes | Response:
    """The body, or the refusal of one that is too large, by what is announced or by what comes, or too slow."""
    try:
        async with asyncio.timeout(timeout_s):
            body = await _read(request, most_bytes)
    except TimeoutError:
        return _refused(408, "too_slow", f"the body did not come within {timeout_s:g} s")
    except ClientDisconnect:
        return _refused(400, "incomplete", "the connection ended before the body did")
    if body is None:
        return _refused(413, "too_large", f"a body of more than {most_bytes} bytes is not read")
    return body


async def _read(request: Request, most_bytes: int) -> bytes | None:
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > most_bytes:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            return None
    return bytes(body)


def _ping(store: Store) -> None:
    with store.transaction() as tx:
        tx.exec_driver_sql("SELECT 1")


def _refused(status: int, code: str, reason: str) -> Response:
    return JSONResponse({"error": code, "reason": reason}, status)
