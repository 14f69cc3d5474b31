"""The OpenAPI 3.1 document, written from the operations themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from interfaces.http.api.operation import ALWAYS, Operation, Schema, names_in, path_of, ref
from interfaces.http.problems import CONTENT_TYPE, TITLES
from settlement import __version__
from settlement.events import schemas
from settlement.events.registry import EVENTS
from settlement.events.schemas import referring
from settlement.model.announcements.topics import TOPICS

_PLACE = "#/components/schemas/"
_TAGS = {
    "events": "Events, as upstream systems report them.",
    "commands": "Commands: each is an event, whose id is the `Idempotency-Key`.",
    "reads": "Everything that is kept.",
    "runs": "Work over all accounts, started by other schedulers.",
    "contract": "What is sent and received, for programs: this document, and schemas of events and announcements.",
}
_NAME = {"type": "string", "minLength": 1, "maxLength": 200}


def document(operations: Iterable[Operation], *, prefix: str) -> dict[str, Any]:
    """The document of these operations, whose paths follow `prefix`."""
    components = _components()
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        at = paths.setdefault(prefix + path_of(one.path), {})
        at[one.method.lower()] = _declared(_operation(one), components)
    used = {word["tags"][0] for at in paths.values() for word in at.values()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "settle", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": means} for name, means in _TAGS.items() if name in used],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key of `settle keys create`."}
            },
            "responses": {f"Problem{status}": _problem(title) for status, title in TITLES.items()},
        },
    }  # fmt: skip


_DESCRIPTION = (
    "Amounts are decimal strings beside their currency, instants RFC 3339 in UTC, months `YYYY-MM`. What is wrong "
    "comes as a problem document (RFC 9457) whose `code` is stable. 429 and 503 carry `Retry-After`; nothing of a "
    "request with 429 was done, and after 500 or 503 the same again does nothing twice."
)


def _operation(one: Operation) -> dict[str, Any]:
    in_path = [{"in": "path", "name": name, "required": True, "schema": _NAME} for name in names_in(one.path)]
    responses: dict[str, Any] = {
        str(status): {"description": _MEANS[status], "content": {kind: {"schema": of} for kind, of in content.items()}}
        for status, content in one.responses.items()
    }  # fmt: skip
    problems = sorted({*one.problems, *(ALWAYS if one.scope else ())})
    responses |= {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in problems}
    found: dict[str, Any] = {
        "operationId": one.id,
        "summary": one.means,
        "tags": [one.tag],
        "security": [{"key": [scope]} for scope in (one.scope, one.or_scope) if scope],
        "parameters": [*in_path, *one.parameters],
        "responses": responses,
    }
    if one.body:
        found["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": of} for kind, of in one.body.items()},
        }
    return found


_MEANS = {200: "Done, or as it is.", 201: "Started.", 202: "Kept; it is not done yet."}


def _problem(title: str) -> Schema:
    return {"description": title, "content": {CONTENT_TYPE: {"schema": ref("Problem")}}}


def _declared(value: Any, components: dict[str, Any]) -> Any:
    """The value with every schema that has a name put among the components, and a reference in its place."""
    if isinstance(value, Mapping):
        found = {key: _declared(of, components) for key, of in value.items() if key != "x-name"}
        name = value.get("x-name")
        if not isinstance(name, str):
            return found
        if components.setdefault(name, found) != found:
            raise AssertionError(f"two schemas are called {name}")
        return ref(name)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_declared(of, components) for of in value]
    return value


def _components() -> dict[str, Any]:
    """What no operation declares itself: amounts, problems, events and announcements with their data."""
    text = {"type": "string"}
    return {
        **{name: referring(schema, _PLACE) for name, schema in schemas.components().items()},
        **{name: _by_key(schemas.components()[name]) for name in map(schemas.event_name, EVENTS)},
        schemas.EVENT: _one_of({name: schemas.event_name(name) for name in EVENTS}),
        schemas.ANNOUNCEMENT: _one_of({topic: schemas.announcement_name(topic) for topic in TOPICS}),
        "Amount": {
            "type": "object", "required": ["amount", "currency"],
            "properties": {
                "amount": {**text, "format": "decimal", "examples": ["12.34"]},
                "currency": {**text, "examples": ["USD"]},
            },
        },
        "Problem": {
            "type": "object", "required": ["type", "title", "status", "code", "detail", "request_id"],
            "properties": {
                "type": text, "title": text, "status": {"type": "integer"},
                "code": {"type": "string", "description": "A stable word for programs."},
                "detail": {"type": "string", "description": "What is wrong, where, and what to do."},
                "request_id": text,
            },
        },
        "CloudEvent": {
            "type": "object", "required": ["specversion", "id", "type", "subject", "data"],
            "additionalProperties": False,
            "properties": {
                "specversion": {"const": "1.0"}, "id": _NAME, "source": _NAME, "type": {"enum": list(EVENTS)},
                "subject": {**_NAME, "description": "The account."}, "time": {"type": "string", "format": "date-time"},
                "datacontenttype": text, "dataschema": text, "data": {"type": "object"},
            },
        },
    }  # fmt: skip


def _by_key(event: Schema) -> dict[str, Any]:
    """An event as it comes by HTTP, where its source is that of the key and need not be named."""
    required = [name for name in event["required"] if name != "source"]
    found: dict[str, Any] = referring({**event, "required": required}, _PLACE)
    return found


def _one_of(names: Mapping[str, str]) -> dict[str, Any]:
    """One of these, told apart by its `type`."""
    return {
        "oneOf": [ref(name) for name in names.values()],
        "discriminator": {
            "propertyName": "type",
            "mapping": {of: ref(name)["$ref"] for of, name in names.items()},
        },
    }
