"""Every operation of the API: where it is, and what answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from interfaces.http.api.announcements import list_announcements
from interfaces.http.api.commands import command, operation
from interfaces.http.api.context import Api, as_response
from interfaces.http.api.events import get_event, post_events
from interfaces.http.api.intake import Intake
from interfaces.http.api.keys import Keys
from interfaces.http.api.listings import LISTINGS
from interfaces.http.api.reads import listed
from interfaces.http.api.resources import RESOURCES
from interfaces.http.api.single import SINGLES, single
from worker.runtime import Runtime

PREFIX = "/v1"
# A batch of events of the largest size that a door takes.
MOST_BYTES = 8_000_000


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


def routes(api: Api) -> list[Route]:
    """The routes of the API."""

    def route(method: str, path: str, name: str, handle: Callable[[Request], Awaitable[Response]]) -> Route:
        return Route(f"{PREFIX}{path}", as_response(handle), methods=[method], name=name)

    return [
        route("POST", "/events", "post_events", partial(post_events, api)),
        route("GET", "/events/{source}/{event_id}", "get_event", partial(get_event, api)),
        route("GET", "/announcements", "list_announcements", partial(list_announcements, api)),
        route("GET", "/operations/{operation}", "get_operation", partial(operation, api)),
        *(route("GET", one.path, one.id, partial(listed, api, one)) for one in LISTINGS),
        *(route("GET", one.path, one.id, partial(single, api, one)) for one in SINGLES),
        *(route(one.method, one.path, one.id, partial(command, api, one)) for one in RESOURCES),
    ]
