"""The ASGI app: the API under `/v1`, `POST /webhooks/{gateway}`, `GET /health`, `GET /ready`, `GET /metrics`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from interfaces.http.bodies import body_of
from interfaces.http.metrics.exposition import CONTENT_TYPE
from interfaces.http.metrics.page import Metrics
from interfaces.http.problems import Problem, problem, unrouted
from interfaces.http.readiness import readiness
from interfaces.http.spans import Spans
from settlement.errors import Refused, Unavailable
from settlement.gateways.port import Gateway
from settlement.operations.gateway.webhooks import store_notification
from worker.runtime import Runtime

log = structlog.stdlib.get_logger(__name__)


def build_app(runtime: Runtime, *, on_stored: Callable[[], object], api: Sequence[Route] = ()) -> Starlette:
    """The app of a process. `on_stored` is called after a new webhook is committed; `api`: further routes.

    A webhook is answered 200 when it is kept (again, too), 400 when its signature is not right, 404 for a gateway that
    is not set up, 408 when its body takes too long, 413 when it is too large, 503 when it could not be kept, so that
    the provider sends it again. Webhooks take turns on threads of their own and no more database connections than
    that, so that whether it is ready can be learned however many strangers call.
    """
    given = runtime.settings.serve
    turns = CapacityLimiter(max(1, runtime.settings.limits.database_pool_size - 1))

    def keep(gateway: Gateway, headers: Mapping[str, str], body: bytes) -> bool:
        return store_notification(runtime.store, gateway, headers, body, at=runtime.now())

    async def webhook(request: Request) -> Response:
        gateway = runtime.gateways.get(request.path_params["gateway"])
        if gateway is None:
            return problem(404, "unknown_gateway", "no such gateway is set up")
        try:
            body = await body_of(request, most_bytes=given.max_body_bytes, timeout_s=given.body_timeout_s)
            is_new = await run_sync(keep, gateway, dict(request.headers), body, limiter=turns)
        except Problem as error:
            return problem(error.status, error.code, error.detail)
        except Refused as refusal:
            log.warning("webhook refused", gateway=gateway.name, reason=refusal.code)
            return problem(400, refusal.code, refusal.message)
        except Unavailable as error:
            log.warning("webhook not kept", gateway=gateway.name, error=str(error))
            return problem(503, "unavailable", "it could not be kept; send it again")
        if is_new:
            await run_sync(on_stored, limiter=turns)
        return JSONResponse({"stored": is_new})

    async def health(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(_: Request) -> Response:
        try:
            found = await run_in_threadpool(readiness, runtime)
        except Unavailable:
            return JSONResponse({"ready": False, "reason": "the database is away"}, 503)
        return JSONResponse(found, 200 if found["ready"] else 503)

    return Starlette(
        routes=[
            Route("/webhooks/{gateway}", webhook, methods=["POST"]),
            Route("/health", health),
            Route("/ready", ready),
            Route("/metrics", _figures(Metrics(runtime))),
            *api,
        ],
        middleware=[Middleware(Spans)],
        exception_handlers={404: _unknown_path, 405: _wrong_method},
    )


async def _unknown_path(request: Request, _: Exception) -> Response:
    return unrouted(404, "unknown_path", f"there is nothing at {request.url.path[:200]}")


async def _wrong_method(request: Request, error: Exception) -> Response:
    headers = error.headers if isinstance(error, HTTPException) else None
    return unrouted(405, "wrong_method", f"{request.method} is not done at {request.url.path[:200]}", headers)


def _figures(metrics: Metrics) -> Callable[[Request], Awaitable[Response]]:
    async def figures(_: Request) -> Response:
        try:
            text = await run_in_threadpool(metrics.text)
        except Unavailable:
            return Response("", 503)
        return Response(text, media_type=CONTENT_TYPE)

    return figures
