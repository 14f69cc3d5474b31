"""`GET /v1/schemas` and `/v1/asyncapi.json`: what is sent and received, for programs. Rule: R12.6."""

from __future__ import annotations

import json
from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from interfaces.csv_lines import csv_bytes
from interfaces.http.api.context import Api, as_json
from interfaces.http.api.operation import CSV, JSON, Operation, called
from interfaces.http.api.reads.pages import wants_csv
from settlement.errors import NotFound
from settlement.events.asyncapi import asyncapi
from settlement.events.schemas import components, published, whole

_SCHEMA_JSON = "application/schema+json"


async def list_schemas(_: Api, request: Request) -> Response:
    """All that there are: those of events first, each with where it is; as CSV too."""
    titles = {name: schema["title"] for name, schema in components().items()}
    found = [
        {"name": name, "of": one.of, "title": titles[one.component], "url": f"/v1/schemas/{name}"}
        for name, one in published().items()
    ]
    if wants_csv(request):
        lines = csv_bytes([list(found[0]), *(list(one.values()) for one in found)])
        return Response(lines, media_type=CSV)
    return as_json({"schemas": found})


async def get_schema(_: Api, request: Request) -> Response:
    """A JSON Schema (2020-12) with all that it refers to."""
    name = request.path_params["name"]
    if name not in published():
        raise NotFound("unknown_schema", f"no schema is called {name!r}; `GET /v1/schemas` lists them")
    return Response(_schema(name), media_type=_SCHEMA_JSON)


@cache
def _schema(name: str) -> str:
    return json.dumps(whole(published()[name]))


async def get_asyncapi(_: Api, __: Request) -> Response:
    """The AsyncAPI 3 document."""
    return Response(_asyncapi(), media_type=JSON)


@cache
def _asyncapi() -> str:
    return json.dumps(asyncapi())


_TEXT = {"type": "string"}
_INDEX = called("Schemas", {
    "type": "object", "required": ["schemas"], "properties": {"schemas": {"type": "array", "items": {
        "type": "object", "required": ["name", "of", "title", "url"], "properties": {
            "name": {**_TEXT, "description": "A type or topic; `<name>.data` of what stands in `data`."},
            "of": {"enum": ["event", "announcement"]}, "title": _TEXT, "url": _TEXT,
        },
    }}},
})  # fmt: skip
OPERATIONS = (
    Operation(
        "list_schemas", "GET", "/schemas", "The JSON Schemas of events and announcements that there are.", None,
        list_schemas, {200: {JSON: _INDEX, CSV: {"type": "string"}}}, "contract",
    ),
    Operation(
        "get_schema", "GET", "/schemas/{name}", "A JSON Schema (2020-12) of an event, an announcement or its data.",
        None, get_schema, {200: {_SCHEMA_JSON: {"type": "object"}}}, "contract", problems=[404],
    ),
    Operation(
        "get_asyncapi", "GET", "/asyncapi.json", "The AsyncAPI 3 document: streams, tasks, rows and webhooks.", None,
        get_asyncapi, {200: {JSON: {"type": "object"}}}, "contract",
    ),
)  # fmt: skip
