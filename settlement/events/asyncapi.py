"""The AsyncAPI 3 document: by which ways events come and announcements go, with what in each message. Rule: R12.6.

It speaks from this system's side: what upstream systems send it `receive`s, what it announces it `send`s. The API for
programs is in the OpenAPI document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args

from settlement import __version__
from settlement.events.registry import EVENTS
from settlement.events.schemas import EVENT, announcement_name, components, event_name, referring
from settlement.model.announcements.topics import TOPICS
from settlement.model.runs import MOST_ACCOUNTS, Requested

Part = dict[str, Any]
_SCHEMAS = "#/components/schemas/"


class _Channel(NamedTuple):
    """A channel, with the one operation that works on it. `messages`: by name the place where each is declared."""

    name: str
    address: str | None
    server: str
    title: str
    description: str
    action: str
    operation: str
    messages: Mapping[str, str]
    more: Mapping[str, Any]


def asyncapi() -> Part:
    """The document."""
    channels = _channels()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "settle", "version": __version__, "license": {"name": "Apache-2.0"},
            "description": _DESCRIPTION,
        },
        "defaultContentType": "application/json",
        "servers": _SERVERS,
        "channels": {one.name: _channel(one) for one in channels},
        "operations": {one.operation: _operation(one) for one in channels},
        "components": {
            "schemas": {name: referring(schema, _SCHEMAS) for name, schema in sorted(components().items())}
            | {"Events": _EVENTS | {"examples": [components()[event_name("top_up")]["examples"]]}}
            | _OTHER_SCHEMAS,
            "messages": dict(_messages()),
            "parameters": _PARAMETERS,
        },
    }  # fmt: skip


_DESCRIPTION = (
    "Events come by any of the channels and count once, whichever they come by: `source` and `event_id` are their "
    "identity. Announcements go out at least once, those of an account in order; repeats have the same `id`. Amounts "
    "are decimal strings beside their currency, instants RFC 3339 in UTC, months `YYYY-MM`. What becomes of an event "
    "is announced as `event.refused`, `event.parked` or `event.done`."
)
_SERVERS: Part = {
    "broker": {
        "host": "{broker}", "protocol": "redis", "description": "Redis or Valkey.",
        "variables": {"broker": {"default": "127.0.0.1:6379"}},
    },
    "database": {
        "host": "{database}", "protocol": "postgresql", "description": "PostgreSQL, as a member of `settle_sender`.",
        "variables": {"database": {"default": "127.0.0.1:5432"}},
    },
    "receiver": {
        "host": "{receiver}", "protocol": "https", "description": "Whoever an endpoint of webhooks was added for.",
        "variables": {"receiver": {"default": "hooks.example.com"}},
    },
}  # fmt: skip
_PARAMETERS: Part = {
    "prefix": {"default": "settle:", "description": "`SETTLE_BROKER_KEY_PREFIX`."},
    "source": {"description": "The sender, as `settle senders add` names it."},
}


def _channels() -> tuple[_Channel, ...]:
    events = {name: name for name in EVENTS}
    entries = {f"{topic}.entry": f"{topic}.entry" for topic in TOPICS}
    hooks = {**{topic: topic for topic in TOPICS}, "webhook.test": "webhook.test"}
    return (
        _Channel(
            "eventStream", "{prefix}stream:events", "broker", "The stream that senders share",
            "`XADD`, an event as JSON in the field `event`. Entries are deleted when they are in the inbox.",
            "receive", "receiveFromStream", events, {},
        ),
        _Channel(
            "senderStream", "{prefix}stream:events:{source}", "broker", "A sender's own stream",
            "Likewise, of a registered sender; its events need not name their `source`.",
            "receive", "receiveFromSender", events, {},
        ),
        _Channel(
            "receiveTask", "tasks.events.receive", "broker", "Celery by name",
            "A task of the queue `events`; its only argument is an event or a list of them.",
            "receive", "receiveByTask", {"events": "events"}, _celery("events"),
        ),
        _Channel(
            "inbox", "inbox", "database", "Rows of the table inbox",
            "`INSERT INTO inbox (source, event_id, type, account, data)`, also `occurred_at` and `correlation_id`: the "
            "fields of an event are columns. What became of it is in the view `event_outcome`.",
            "receive", "receiveByRow", events, {},
        ),
        _Channel(
            "startTask", "tasks.upkeep.start", "broker", "Work that another scheduler begins",
            "A task of the queue `upkeep`, with these arguments by their names or in this order.",
            "receive", "startByTask", {"start": "start"}, _celery("upkeep"),
        ),
        _Channel(
            "announcementStream", "{prefix}stream:outbound", "broker", "The stream of announcements",
            "About 100,000 entries are kept. `GET /v1/announcements` has all, in the same order.",
            "send", "announce", entries, {},
        ),
        _Channel(
            "webhooks", None, "receiver", "Webhooks",
            "`POST` to the address of `settle webhooks add`, signed as Standard Webhooks say, ten tries in three days.",
            "send", "deliver", hooks, {},
        ),
    )  # fmt: skip


def _celery(queue: str) -> Part:
    return {"x-celery-queue": queue}


def _channel(one: _Channel) -> Part:
    names = [name for name in _PARAMETERS if one.address and f"{{{name}}}" in one.address]
    return {
        "address": one.address, "title": one.title, "description": one.description,
        "servers": [_ref(f"servers/{one.server}")],
        "messages": {name: _ref(f"components/messages/{of}") for name, of in one.messages.items()},
        **({"parameters": {name: _ref(f"components/parameters/{name}") for name in names}} if names else {}),
        **one.more,
    }  # fmt: skip


def _operation(one: _Channel) -> Part:
    return {
        "action": one.action, "channel": _ref(f"channels/{one.name}"), "title": one.title,
        "messages": [_ref(f"channels/{one.name}/messages/{name}") for name in one.messages],
    }  # fmt: skip


def _messages() -> Iterator[tuple[str, Part]]:
    known = components()
    headers = {"headers": {"$ref": f"{_SCHEMAS}WebhookHeaders"}}
    for name in EVENTS:
        yield name, _message(name, known[event_name(name)]["description"], event_name(name))
    for topic in TOPICS:
        schema = known[announcement_name(topic)]
        means = schema["description"]
        yield topic, _message(topic, means, announcement_name(topic)) | headers
        entries = [{"payload": _entry(example)} for example in schema["examples"]]
        yield f"{topic}.entry", _message(topic, means, "AnnouncementEntry") | {"examples": entries}
    yield "events", _message("events", "One event, or a list of them.", "Events")
    yield "start", _message("start", _START["description"], "Start")
    yield (
        "webhook.test",
        _message("webhook.test", "What `settle webhooks test` sends.", "WebhookTest") | headers,
    )


def _message(name: str, means: str, schema: str) -> Part:
    """A message, whose examples are those of its schema."""
    return {"name": name, "summary": means, "payload": {"$ref": _SCHEMAS + schema}}


def _entry(message: Mapping[str, Any]) -> Part:
    """An announcement as an entry of the stream, whose fields are text."""
    return {
        "id": message["id"], "topic": message["type"], "payload": json.dumps(message["data"]),
        "correlation_id": message["correlation_id"],
    }  # fmt: skip


def _ref(place: str) -> Part:
    return {"$ref": f"#/{place}"}


_TEXT = {"type": "string"}
_EVENTS: Part = {
    "anyOf": [{"$ref": _SCHEMAS + EVENT}, {"type": "array", "items": {"$ref": _SCHEMAS + EVENT}}],
}
_START: Part = {
    "description": "What to begin: refused before its time, found again when it was begun already.",
    "type": "object", "required": ["kind"], "additionalProperties": False,
    "properties": {
        "kind": {"enum": list(get_args(Requested))},
        "cycle": {"type": ["string", "null"], "description": "`YYYY-MM`, of a month close or a sweep."},
        "accounts": {
            "type": ["array", "null"], "items": _TEXT, "maxItems": MOST_ACCOUNTS,
            "description": "Some accounts only; absent: all.",
        },
    },
    "examples": [{"kind": "month_close", "cycle": "2026-10"}],
}  # fmt: skip
_ENTRY: Part = {
    "description": "The fields of an entry; `payload` is the announcement's `data` as JSON text.",
    "type": "object", "required": ["id", "topic", "payload", "correlation_id"],
    "properties": {
        "id": _TEXT, "topic": {"enum": list(TOPICS)}, "correlation_id": _TEXT,
        "payload": {**_TEXT, "contentMediaType": "application/json"},
    },
}  # fmt: skip
_TEST: Part = {
    "type": "object", "required": ["id", "type", "data"],
    "properties": {
        "id": _TEXT, "type": {"const": "webhook.test"},
        "data": {"type": "object", "required": ["endpoint"], "properties": {"endpoint": _TEXT}},
    },
    "examples": [{"id": "test-7c1e", "type": "webhook.test", "data": {"endpoint": "crm"}}],
}  # fmt: skip
_SIGNED: Part = {
    "type": "object", "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {**_TEXT, "description": "The announcement's `id`."},
        "webhook-timestamp": {**_TEXT, "description": "Seconds since 1970 at which it was sent."},
        "webhook-signature": {
            **_TEXT, "description": "`v1,` and base64 of HMAC-SHA256 over `webhook-id.webhook-timestamp.body`.",
        },
    },
}  # fmt: skip
_OTHER_SCHEMAS: Part = {
    "Start": _START, "AnnouncementEntry": _ENTRY, "WebhookTest": _TEST, "WebhookHeaders": _SIGNED,
}  # fmt: skip
