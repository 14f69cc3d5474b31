"""`POST /v1/events`: events as upstream systems say them, one or many; and what became of each. Rule: R12.3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.values import Json
from interfaces.http.api.context import Api, Caller, as_json
from interfaces.http.api.operation import JSON, Operation, Schema, called, ref
from interfaces.http.api.outcomes import OUTCOME, WAIT, outcome, outcome_json, repaid, waited_for
from interfaces.http.problems import Problem
from settlement.errors import NotFound
from settlement.events.envelope import arrival_of
from settlement.events.strict_json import strict_json
from settlement.model.arrival import Arrival
from settlement.model.policies.senders import NOT_ALLOWED
from settlement.queries import inbox
from settlement.queries.inbox import InboxView

MOST_EVENTS = 1_000
CLOUD = "application/cloudevents+json"
CLOUD_BATCH = "application/cloudevents-batch+json"
# Of a CloudEvent what has a place in an envelope, and the name it has there.
_CLOUD_NAMES = {
    "id": "event_id",
    "source": "source",
    "type": "type",
    "subject": "account",
    "time": "occurred_at",
}
_CLOUD_IGNORED = frozenset(("specversion", "datacontenttype", "dataschema"))
_CLOUD_VERSION = "1.0"


async def post_events(api: Api, request: Request) -> Response:
    """One event: 202 once it is kept, 200 with its outcome if it has one. A list: 202 with a result for each."""
    caller = await api.caller(request, "send")
    messages, is_list = _messages(request, await api.body(request))
    results: list[dict[str, Json] | None] = [None] * len(messages)
    arrivals: dict[int, Arrival] = {}
    for at, message in enumerate(messages):
        arrival = message and arrival_of({"source": caller.sender.source, **message}, ingress="http")
        reason = _not_allowed(caller, message, arrival)
        if arrival is None or reason is not None:
            results[at] = _refused(message, reason or "an event is an object")
        else:
            arrivals[at] = arrival
    rows = await _received(api, request, arrivals)
    for at, row in rows.items():
        results[at] = outcome_json(row)
    if is_list:
        return as_json({"events": results}, 202)
    if not rows:
        raise Problem(403, NOT_ALLOWED, str(results[0] and results[0]["detail"]))
    return outcome(rows[0], await repaid(api, rows[0]))


async def get_event(api: Api, request: Request) -> Response:
    """What became of an event and what it paid, to its own sender and to whoever may read."""
    caller = await api.caller(request, "send", "read")
    source, event_id = request.path_params["source"], request.path_params["event_id"]
    if source != caller.sender.source:
        caller = await api.caller(request, "read")
    row = await api.read(lambda tx: inbox.by_identity(tx, source, event_id))
    if row is None or not (source == caller.sender.source or caller.sender.may_name(row.account)):
        raise NotFound("unknown_event", f"no event {source}/{event_id} has arrived")
    return as_json(outcome_json(row, await repaid(api, row)))


async def _received(api: Api, request: Request, arrivals: Mapping[int, Arrival]) -> dict[int, InboxView]:
    """The rows of the events by their place in the request; after a while, where the sender wants to wait for it."""
    rows = await api.intake.receive(list(arrivals.values()))
    rows = await waited_for(api, request, rows)
    places = list(arrivals)
    return {places[at]: row for at, row in rows.items()}


def _messages(request: Request, body: bytes) -> tuple[Sequence[Any], bool]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (JSON, "", CLOUD, CLOUD_BATCH):
        wanted = f"application/json, {CLOUD} or {CLOUD_BATCH}"
        raise Problem(415, "unknown_content", f"send {wanted}, not {kind}")
    try:
        value = strict_json(body)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "bad_json", f"not JSON: {error}") from None
    is_list = isinstance(value, list)
    messages = value if isinstance(value, list) else [value]
    if not 0 < len(messages) <= MOST_EVENTS:
        raise Problem(413 if messages else 400, "too_many", f"send 1 to {MOST_EVENTS} events at once")
    # Nothing that is empty is an event.
    messages = [message if isinstance(message, dict) and message else None for message in messages]
    if kind in (CLOUD, CLOUD_BATCH):
        messages = [message and _from_cloud(message) for message in messages]
    if not is_list and messages[0] is None:
        raise Problem(400, "bad_shape", "an event is an object that names its type, its id and its account")
    return messages, is_list


def _from_cloud(event: dict[str, Any]) -> dict[str, Any]:
    """The envelope of a CloudEvent 1.0; attributes that have no place in it stay, and are refused by name.

    So is a version of CloudEvents that is not read here.
    """
    ignored = (
        _CLOUD_IGNORED if event.get("specversion") == _CLOUD_VERSION else _CLOUD_IGNORED - {"specversion"}
    )
    return {_CLOUD_NAMES.get(name, name): value for name, value in event.items() if name not in ignored}


def _not_allowed(caller: Caller, message: Mapping[str, Any] | None, arrival: Arrival | None) -> str | None:
    if message is None or arrival is None:
        return None
    sender = caller.sender
    if message.get("source", sender.source) != sender.source:
        return f"this key sends as source {sender.source}, not as {message.get('source')}"
    return sender.refusal_of(arrival.type, [arrival.account])


def _refused(message: Mapping[str, Any] | None, reason: str) -> dict[str, Json]:
    event_id = (message or {}).get("event_id")
    return {
        "event_id": event_id if isinstance(event_id, str) else None,
        "state": "refused",
        "code": NOT_ALLOWED if message else "bad_shape",
        "detail": reason,
    }


_MANY: Schema = {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": MOST_EVENTS}
_NOT_KEPT = called("NotKept", {
    "type": "object", "required": ["event_id", "state", "code", "detail"], "properties": {
        "event_id": {"type": ["string", "null"]}, "state": {"const": "refused"},
        "code": {"type": "string"}, "detail": {"type": "string"},
    },
})  # fmt: skip
_RESULTS = called("Results", {
    "type": "object", "required": ["events"],
    "properties": {"events": {"type": "array", "items": {"anyOf": [OUTCOME, _NOT_KEPT]}}},
})  # fmt: skip
OPERATIONS = (
    Operation(
        "post_events", "POST", "/events", "Takes one event, or up to 1,000 as a list with a result for each.",
        "send", post_events, {200: {JSON: OUTCOME}, 202: {JSON: {"anyOf": [OUTCOME, _RESULTS]}}}, "events", [WAIT],
        {JSON: {"anyOf": [ref("Event"), _MANY]}, CLOUD: ref("CloudEvent"), CLOUD_BATCH: _MANY},
        [400, 404, 408, 409, 412, 413, 415, 422, 429],
    ),
    Operation(
        "get_event", "GET", "/events/{source}/{event_id:path}", "What became of an event, and what it paid.", "send",
        get_event, {200: {JSON: OUTCOME}}, "events", problems=[404], or_scope="read",
    ),
)  # fmt: skip
