"""Each operation of the API has a method, each method is an operation, and what it sends is as the document says."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import json
import re
import types
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import httpx
import pytest
from pydantic import BaseModel
from starlette.responses import Response
from starlette.routing import Match

from interfaces.http.api.openapi import document
from interfaces.http.api.routes import OPERATIONS, PREFIX
from interfaces.http.routing import RawRoute
from settle_client import AsyncClient, Client, ClientError

DOCUMENT = document(OPERATIONS, prefix=PREFIX)
BY_ID = {one["operationId"]: one for at in DOCUMENT["paths"].values() for one in at.values()}
ROUTES = [RawRoute(PREFIX + one.path, Response, methods=[one.method], name=one.id) for one in OPERATIONS]


def methods(client: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    for group, resource in vars(client).items():
        if not group.startswith("_"):
            for name, method in inspect.getmembers(resource, inspect.ismethod):
                if not name.startswith("_"):
                    yield f"{group}.{name}", method


NAMED = {"currency": "USD", "country": "DE"}


def sample(kind: Any, name: str = "") -> Any:
    """A value of this type, which is called so; with everything that may be left out."""
    if name in NAMED:
        return NAMED[name]
    origin, of = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return sample(of[0], name)
    if origin is Literal:
        return of[0]
    if origin is Sequence or origin is tuple:
        return [sample(of[0])]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        hints = get_type_hints(kind)
        return kind(**{name: sample(hints[name], name) for name in kind.model_fields})
    return {
        str: "2026-10", int: 7, bool: True, float: 0.0, Decimal: Decimal("1.50"),
        dt.datetime: dt.datetime(2026, 10, 1, tzinfo=dt.UTC), dt.date: dt.date(2026, 10, 1),
    }[kind]  # fmt: skip


def arguments(method: Callable[..., Any], **given: Any) -> dict[str, Any]:
    hints = get_type_hints(method)
    own = {name: sample(hints[name], name) for name in inspect.signature(method).parameters}
    return {**own, **{name: of for name, of in given.items() if name in own}}


def sent_by(method: Callable[..., Any], requests: list[httpx.Request], **given: Any) -> httpx.Request:
    """What a method sends; what comes back is nothing that it knows, or an empty list."""
    requests.clear()
    try:
        found = method(**arguments(method, **given))
        if isinstance(found, Iterator):
            next(found, None)
    except ClientError:
        pass
    return requests[0]


def operation_of(request: httpx.Request) -> str:
    """The operation that the server's routes find for it."""
    scope = {
        "type": "http", "method": request.method, "headers": [], "root_path": "",
        "path": request.url.path, "raw_path": request.url.raw_path.partition(b"?")[0],
    }  # fmt: skip
    found = [route.name for route in ROUTES if route.matches(scope)[0] is Match.FULL]
    assert len(found) == 1, (request.method, request.url, found)
    return str(found[0])


REQUESTS: list[httpx.Request] = []


def _answer(request: httpx.Request) -> httpx.Response:
    REQUESTS.append(request)
    return httpx.Response(204)


CLIENT = Client("http://api", "key", transport=httpx.MockTransport(_answer))
METHODS = dict(methods(CLIENT))


def test_every_operation_has_a_method():
    assert {operation_of(sent_by(method, REQUESTS)) for method in METHODS.values()} == {
        one.id for one in OPERATIONS
    }


@pytest.mark.parametrize("name", METHODS)
def test_what_a_method_sends_is_documented(name):
    jsonschema = pytest.importorskip("jsonschema")
    request = sent_by(METHODS[name], REQUESTS, dry_run=False)
    said = BY_ID[operation_of(request)]
    known = {one["name"] for one in said["parameters"] if one["in"] == "query"}
    assert set(request.url.params) <= known
    if not name.partition(".")[2].startswith("csv"):
        assert known - {"dry_run"} == set(request.url.params)
    if "requestBody" in said:
        schema = said["requestBody"]["content"]["application/json"]["schema"]
        validator = jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})
        assert [error.message for error in validator.iter_errors(json.loads(request.content))] == []
    else:
        assert request.content == b""


@pytest.mark.parametrize("name", [name for name in METHODS if not name.startswith("events.send")])
def test_each_argument_is_sent_under_its_own_name(name):
    method = METHODS[name]
    options = {"dry_run", "wait", "idempotency_key", "if_match", "every_s"}
    names = set(inspect.signature(method).parameters) - options
    REQUESTS.clear()
    with suppress(ClientError):
        next(iter(method(**{one: one for one in names})), None)
    (request,) = REQUESTS
    said = BY_ID[operation_of(request)]
    path = next(path for path, at in DOCUMENT["paths"].items() if said in at.values())
    assert request.url.path == path.replace("{", "").replace("}", "")
    sent = {**request.url.params, **json.loads(request.content or b"{}")}
    assert {key for key, of in sent.items() if key != of} == set()
    assert set(sent) | set(re.findall(r"{(.*?)}", path)) == names


COMMANDS = [
    name for name, method in METHODS.items() if "idempotency_key" in inspect.signature(method).parameters
]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_key_and_a_dry_run_has_none(name):
    request = sent_by(METHODS[name], REQUESTS, dry_run=False, idempotency_key=None, wait=5)
    assert len(request.headers["idempotency-key"]) == 36
    assert request.headers["prefer"] == "wait=5"
    assert "dry_run" not in request.url.params
    dry = sent_by(METHODS[name], REQUESTS, dry_run=True)
    assert dry.url.params["dry_run"] == "true"
    assert "idempotency-key" not in dry.headers


def test_whatever_may_be_previewed_asks_for_it_by_the_query():
    dry = [name for name, method in METHODS.items() if "dry_run" in inspect.signature(method).parameters]
    assert set(dry) == {*COMMANDS, "runs.start"}
    assert sent_by(METHODS["runs.start"], REQUESTS, dry_run=True).url.params["dry_run"] == "true"


async def _sent(method: Callable[..., Any], requests: list[httpx.Request]) -> httpx.Request:
    requests.clear()
    found = method(**arguments(method, dry_run=False))
    try:
        if isinstance(found, AsyncIterator):
            async for _ in found:
                break
        else:
            await found
    except ClientError:
        pass
    return requests[0]


def test_under_asyncio_the_same_is_sent():
    found: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        found.append(request)
        return httpx.Response(204)

    async def both() -> None:
        async with AsyncClient("http://api", "key", transport=httpx.MockTransport(answer)) as client:
            own = dict(methods(client))
            assert own.keys() == METHODS.keys()
            for name, method in own.items():
                one, other = await _sent(method, found), sent_by(METHODS[name], REQUESTS, dry_run=False)
                assert (one.method, one.url, one.headers, one.content) == (
                    other.method, other.url, other.headers, other.content,
                ), name  # fmt: skip

    asyncio.run(both())
