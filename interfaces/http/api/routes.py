"""Every operation of the API: where it is, and what answers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial

from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from interfaces.http.api import commands, contracts, events, runs
from interfaces.http.api.context import Api, as_response, check_query
from interfaces.http.api.intake import Intake
from interfaces.http.api.keys import Keys
from interfaces.http.api.openapi import document
from interfaces.http.api.operation import JSON, Operation
from interfaces.http.api.reads import announcements, pages, single
from interfaces.http.routing import RawRoute
from worker.runtime import Runtime

PREFIX = "/v1"
# A batch of events of the largest size that a door takes.
MOST_BYTES = 8_000_000


async def openapi(_: Api, __: Request) -> Response:
    """The document of all operations."""
    return Response(_document(), media_type=JSON)


@cache
def _document() -> str:
    return json.dumps(document(OPERATIONS, prefix=PREFIX))


# The order is that of the document.
OPERATIONS = (
    *events.OPERATIONS,
    *commands.OPERATIONS,
    *pages.OPERATIONS,
    *single.OPERATIONS,
    *runs.OPERATIONS,
    *announcements.OPERATIONS,
    *contracts.OPERATIONS,
    Operation(
        "get_openapi", "GET", "/openapi.json", "This document.", None, openapi,
        {200: {JSON: {"type": "object"}}}, "contract",
    ),
)  # fmt: skip


def build_api(runtime: Runtime, *, on_accepted: Callable[[], object]) -> Api:
    """What requests share over this runtime. `on_accepted` is called after events were committed."""
    return Api(
        runtime=runtime,
        keys=Keys(runtime.store),
        intake=Intake(runtime.store, on_accepted=on_accepted),
        turns=CapacityLimiter(runtime.settings.limits.database_pool_size),
        most_bytes=MOST_BYTES,
        body_timeout_s=runtime.settings.serve.body_timeout_s,
    )


async def checked(api: Api, request: Request, *, one: Operation) -> Response:
    """What an operation answers to a request whose query has nothing but what the document says of it."""
    if one.scope is not None:
        check_query(request, one.in_query)
    return await one.handle(api, request)


def routes(api: Api) -> list[Route]:
    """The routes of the API."""
    return [
        RawRoute(
            PREFIX + one.path, as_response(partial(checked, api, one=one)), methods=[one.method], name=one.id
        )
        for one in OPERATIONS
    ]
