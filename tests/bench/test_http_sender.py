"""The sender of the benchmarks sends every event once, as many in a request as it is told, and stops at a refusal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.events import http
from bench.events.doors import event
from tests.support.running.loopback import served

EVENTS = [event("top_up", f"t-{number}", "a", {"amount": "1.00"}) for number in range(100)]


@contextmanager
def taking(status: int = 202) -> Iterator[tuple[str, list[object]]]:
    """A server that responds so to whoever has the key; its address, and the bodies that came."""
    bodies: list[object] = []

    async def receive(request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer key"
        assert request.headers["content-type"] == "application/json"
        bodies.append(json.loads(await request.body()))
        return JSONResponse({"events": [{"state": "waiting"}] * 50}, status)

    with served(Starlette(routes=[Route("/v1/events", receive, methods=["POST"])])) as address:
        yield address, bodies


def test_many_are_sent_over_many_connections_in_requests_of_so_many() -> None:
    with taking() as (address, bodies):
        http.send(address, "key", EVENTS, per_request=7)
    parts = [body for body in bodies if isinstance(body, list)]
    assert sorted(map(len, parts)) == [2, *[7] * 14]
    assert sorted(one["event_id"] for part in parts for one in part) == sorted(
        one["event_id"] for one in EVENTS
    )


def test_one_in_a_request_is_no_list() -> None:
    with taking() as (address, bodies):
        http.send(address, "key", EVENTS, per_request=1)
    assert sorted(map(str, bodies)) == sorted(map(str, EVENTS))


def test_one_by_one_they_come_in_their_order() -> None:
    with taking() as (address, bodies), http.one_by_one(address, "key") as send:
        send(EVENTS[:3])
        send(EVENTS[3:5])
        assert bodies == EVENTS[:5]


def test_what_is_not_accepted_ends_it() -> None:
    with taking(503) as (address, bodies):
        with pytest.raises(RuntimeError, match="503"):
            http.send(address, "key", EVENTS, per_request=1)
        assert len(bodies) <= http.CONNECTIONS
        with pytest.raises(RuntimeError, match="503"), http.one_by_one(address, "key") as send:
            send(EVENTS)
