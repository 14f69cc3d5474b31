"""JSON Schemas (2020-12) of every event and of every announcement, made from the registry and the facts. Rule: R12.6.

Each has the name that OpenAPI and AsyncAPI know it by: `TopUpEvent` and `TopUpData`, `BillSettledAnnouncement` and
`BillFacts`. An announcement may gain fields, so its schemas forbid none; an event with a field too many is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from settlement.events.announcements import SHAPES
from settlement.events.envelope import Envelope
from settlement.events.examples import EXAMPLES
from settlement.events.inbound.fields import EventData, Name
from settlement.events.registry import EVENTS
from settlement.model.announcements.facts import Facts
from settlement.model.announcements.topics import TOPICS

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
HERE = "#/$defs/"
EVENT, ANNOUNCEMENT = "Event", "Announcement"


class Published(NamedTuple):
    """A schema that can be had by itself: under which name, whose it is, and what its schema is called."""

    name: str
    of: Literal["event", "announcement"]
    component: str


def event_name(event_type: str) -> str:
    """What the schema of this type's events is called."""
    return f"{EVENTS[event_type].__name__.removesuffix('Data')}Event"


def announcement_name(topic: str) -> str:
    """What the schema of this topic's announcements is called."""
    return "".join(word.capitalize() for word in topic.replace(".", "_").split("_")) + ANNOUNCEMENT


@cache
def published() -> Mapping[str, Published]:
    """What can be had by itself, by name: all events, all announcements, those of a type or topic, their data."""
    found = [Published("event", "event", EVENT), Published("announcement", "announcement", ANNOUNCEMENT)]
    for name, data in EVENTS.items():
        found.append(Published(name, "event", event_name(name)))
        found.append(Published(f"{name}.data", "event", data.__name__))
    for topic, facts in TOPICS.items():
        found.append(Published(topic, "announcement", announcement_name(topic)))
        found.append(Published(f"{topic}.data", "announcement", facts.__name__))
    return {one.name: one for one in found}


def whole(one: Published) -> Schema:
    """The schema as a document of its own, with all that it refers to."""
    known = components()
    needed = set(_reached(one.component, known)) - {one.component}
    found = {"$schema": DIALECT, "$id": f"urn:settle:schema:{one.name}", **known[one.component]}
    return found | ({"$defs": {name: known[name] for name in sorted(needed)}} if needed else {})


@cache
def components() -> Mapping[str, Schema]:
    """Every schema by its name; they refer to each other as `#/$defs/<name>`."""
    models: list[type[BaseModel]] = [*EVENTS.values(), *SHAPES.values()]
    found: dict[str, Schema] = models_json_schema(
        [(model, "validation") for model in models], ref_template=f"{HERE}{{model}}", schema_generator=_Plain
    )[1]["$defs"]
    for name, data in EVENTS.items():
        found[data.__name__] |= {"title": f"Data of {name}", "examples": [json.loads(data.EXAMPLE)]}
        found[event_name(name)] = _event(data)
    for facts in SHAPES:
        topics = [topic for topic, of in TOPICS.items() if of is facts]
        schema = found[facts.__name__]
        del schema["additionalProperties"]
        examples = {json.dumps(EXAMPLES[topic]._asdict()): None for topic in topics}
        schema |= {"title": f"Data of {', '.join(topics)}", "examples": [json.loads(one) for one in examples]}
    found |= {announcement_name(topic): _announcement(topic, facts) for topic, facts in TOPICS.items()}
    found[EVENT] = _one_of("An event", [event_name(name) for name in EVENTS])
    found[ANNOUNCEMENT] = _one_of("An announcement", [announcement_name(topic) for topic in TOPICS])
    return {name: _on_one_line(schema) for name, schema in found.items()}


class _Plain(GenerateJsonSchema):
    """Without a title for each field, which says its name once more."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the same for every field
        return False


class _Named(BaseModel):
    account: Name


def _event(data: type[EventData]) -> Schema:
    properties = Envelope.model_json_schema(schema_generator=_Plain)["properties"]
    account = _Named.model_json_schema(schema_generator=_Plain)["properties"]["account"]
    return {
        "title": data.TYPE, "description": data.__doc__, "type": "object", "additionalProperties": False,
        "required": ["source", "event_id", "type", "account", "data"],
        "properties": {
            **properties,
            "type": {"const": data.TYPE},
            "account": {**account, "description": properties["account"]["description"]},
            "data": {"$ref": HERE + data.__name__},
        },
        "examples": [{
            "source": "billing-gateway", "event_id": f"{data.TYPE}-000123", "type": data.TYPE, "account": "acct-7",
            "occurred_at": "2026-11-03T09:30:00Z", "data": json.loads(data.EXAMPLE),
        }],
    }  # fmt: skip


def _announcement(topic: str, facts: type[Facts]) -> Schema:
    text, instant = {"type": "string"}, {"type": "string", "format": "date-time"}
    return {
        "title": topic, "description": facts.__doc__, "type": "object",
        "required": ["id", "type", "timestamp", "correlation_id", "data"],
        "properties": {
            "id": {
                **text, "pattern": "^[0-9]{1,18}-[0-9]{1,18}$",
                "description": "No other announcement ever has it; by it repeats are dropped.",
            },
            "type": {"const": topic},
            "timestamp": {**instant, "description": "When it happened."},
            "published_at": {**instant, "description": "When it was published; by `GET /v1/announcements` only."},
            "correlation_id": {**text, "description": "That of the event, or of the run, which led to it."},
            "data": {"$ref": HERE + facts.__name__},
        },
        "examples": [{
            "id": "1790000000-42", "type": topic, "timestamp": "2026-11-02T04:00:00Z",
            "correlation_id": "billing-gateway/tu-000123", "data": json.loads(json.dumps(EXAMPLES[topic]._asdict())),
        }],
    }  # fmt: skip


def _one_of(title: str, names: list[str]) -> Schema:
    return {"title": title, "oneOf": [{"$ref": HERE + name} for name in names]}


def _reached(name: str, known: Mapping[str, Schema]) -> Iterator[str]:
    """The names that a schema refers to, at any depth, with its own."""
    waiting, seen = [name], set()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += _references(known[one])
    yield from seen


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(HERE)
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def referring(value: Any, place: str) -> Any:
    """The schema with its references leading to `place`, such as `#/components/schemas/`."""
    if isinstance(value, list):
        return [referring(part, place) for part in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: place + part.removeprefix(HERE)
        if name == "$ref" and isinstance(part, str)
        else referring(part, place)
        for name, part in value.items()
    }


def _on_one_line(value: Any) -> Any:
    """Descriptions are docstrings: lines that were broken for the source are joined."""
    if isinstance(value, list):
        return [_on_one_line(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: " ".join(part.split())
        if name == "description" and isinstance(part, str)
        else _on_one_line(part)
        for name, part in value.items()
    }
