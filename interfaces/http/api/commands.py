"""A command is an event: the caller's source says it, its `Idempotency-Key` is the event's id. Rule: R12.4."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.values import Json, Money
from interfaces.http.api.context import Api, Caller, as_json
from interfaces.http.api.dry_runs import DRY_RUN, dry_run
from interfaces.http.api.etag import entity_tag, revision_of
from interfaces.http.api.operation import JSON, Operation, Schema, called, names_in, parameter, ref
from interfaces.http.api.outcomes import OUTCOME, WAIT, outcome, outcome_json, repaid, waited_for
from interfaces.http.api.reads.single import ACCOUNT, SETTLEMENT, Single, state_of
from interfaces.http.problems import Problem
from interfaces.http.routing import number_in
from interfaces.resources import RESOURCES, Resource
from settlement.errors import NotFound, Refused
from settlement.events.envelope import arrival_of
from settlement.events.registry import EVENTS, parse_event
from settlement.events.strict_json import strict_json
from settlement.model.arrival import Arrival
from settlement.model.commands.command import EventHead
from settlement.model.commands.revisions import CHANGED
from settlement.model.policies.senders import NOT_ALLOWED
from settlement.operations.inbox.preview import Preview, preview
from settlement.queries import inbox


async def command(api: Api, request: Request, *, resource: Resource) -> Response:
    """Sends the event of a resource; with `dry_run=true` only what it would do is answered, and nothing is kept."""
    caller = await api.caller(request, "send")
    is_dry = dry_run(request)
    account, data = _content(request, await api.body(request))
    tag = _if_match(request, resource, data)
    _check_may(caller, resource, account, data)
    if is_dry:
        effects = await api.in_thread(_previewed, api, account, resource.event, data)
        return as_json(_preview_json(effects))
    arrival = _arrival(caller, request, resource, account, data)
    if tag is not None:
        await _check_unchanged(api, tag, arrival, {"account": account, **request.path_params})
    rows = await api.intake.receive([arrival])
    row = (await waited_for(api, request, rows))[0]
    return outcome(row, await repaid(api, row))


async def operation(api: Api, request: Request) -> Response:
    """What became of a command or an event, by the number of its operation, and which bills it paid at once."""
    caller = await api.caller(request, "send", "read")
    number = number_in(request.path_params, "operation")
    rows = await api.read(lambda tx: inbox.with_ids(tx, [number]))
    if rows and rows[0].source != caller.sender.source:
        caller = await api.caller(request, "read")
    if not rows or not (rows[0].source == caller.sender.source or caller.sender.may_name(rows[0].account)):
        raise NotFound("unknown_operation", f"operation {number} is not known")
    return as_json(outcome_json(rows[0], await repaid(api, rows[0])))


def _content(request: Request, body: bytes) -> tuple[str, dict[str, Any]]:
    """The account and the data that path and body say together."""
    try:
        data = strict_json(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise Problem(400, "bad_json", f"not JSON: {error}") from None
    if not isinstance(data, dict):
        raise Problem(400, "bad_shape", "the body is an object")
    named = dict(request.path_params)
    account = named.pop("account", None) or data.pop("account", "")
    for name, value in named.items():
        if data.setdefault(name, value) != value:
            raise Problem(400, "bad_shape", f"{name}: the path says {value}, the body something else")
    if not isinstance(account, str) or not account:
        raise Problem(400, "bad_shape", "account: this field is missing")
    return account, data


def _check_may(caller: Caller, resource: Resource, account: str, data: dict[str, Any]) -> None:
    """What can never be accepted is refused before it is kept.

    Raises:
        Refused, Problem: for this reason.
    """
    reason = caller.sender.refusal_of(resource.event, [account])
    if reason is None:
        wanted = parse_event(EventHead(0, caller.sender.source, account, ""), resource.event, data)
        reason = caller.sender.refusal_of(resource.event, wanted.related().accounts)
    if reason is not None:
        raise Problem(403, NOT_ALLOWED, reason)


def _arrival(
    caller: Caller, request: Request, resource: Resource, account: str, data: dict[str, Any]
) -> Arrival:
    key = request.headers.get("idempotency-key", "")
    if not key:
        raise Problem(400, "no_idempotency_key", "send Idempotency-Key: the same again changes nothing")
    arrival = arrival_of(
        {
            "source": caller.sender.source,
            "event_id": key,
            "type": resource.event,
            "account": account,
            "data": data,
        },
        ingress="http",
    )
    if arrival.reason is not None:
        raise Refused(arrival.reason_code or "bad_shape", arrival.reason)
    return arrival


def _if_match(request: Request, resource: Resource, data: dict[str, Any]) -> str | None:
    """The tag of `If-Match`, whose revision becomes a condition of the event, so that it holds when that is booked.

    Raises:
        Problem: nothing is edited here (400), or the tag is none of what is (412).
    """
    tag = request.headers.get("if-match")
    if tag is None or tag.strip() == "*":
        return None
    if "if_revision" not in EVENTS[resource.event].model_fields:
        raise Problem(400, "bad_shape", "If-Match: only for what edits an account or a unified settlement")
    revision = revision_of(tag)
    if revision is None:
        raise Problem(412, CHANGED, "If-Match: not one ETag of an account or a unified settlement")
    if data.setdefault("if_revision", revision) != revision:
        raise Problem(400, "bad_shape", "if_revision: If-Match says another one")
    return tag.strip()


async def _check_unchanged(api: Api, tag: str, arrival: Arrival, names: Mapping[str, str]) -> None:
    """What has changed already need not be sent, unless it was sent: then its outcome is the answer.

    Raises:
        Problem: the unified settlement that the path names, else the account, is not as the tag says (412).
    """
    if await api.read(lambda tx: inbox.outcomes(tx, [arrival])):
        return
    of: Single[Any] = ACCOUNT
    what = f"account {names['account']}"
    if "settlement" in names:
        of, what = SETTLEMENT, f"unified settlement {names['settlement']}"
    present = entity_tag(await state_of(api, of, names))
    if tag != present:
        raise Problem(412, CHANGED, f"{what} has changed since it was read", ETag=present)


def _previewed(api: Api, account: str, event_type: str, data: dict[str, Any]) -> Preview:
    runtime = api.runtime
    return preview(runtime.store, account, event_type, data, at=runtime.as_of(), policy=runtime.policy)


def _preview_json(effects: Preview) -> dict[str, Json]:
    """What would be paid at once and charged, with nothing of it done."""
    return {
        "dry_run": True,
        "paid": Money(effects.repaid.minor, effects.currency),
        "bills": effects.repaid.bills,
        "charged": [
            {"account": row.account, "method": row.method, "amount": Money(row.minor, row.currency)}
            for row in effects.charged
        ],
    }


_PREVIEW = called("Preview", {
    "type": "object", "required": ["dry_run", "paid", "bills", "charged"], "properties": {
        "dry_run": {"const": True}, "paid": ref("Amount"), "bills": {"type": "integer"},
        "charged": {"type": "array", "items": {
            "type": "object", "required": ["account", "method", "amount"],
            "properties": {"account": {"type": "string"}, "method": {"type": "string"}, "amount": ref("Amount")},
        }},
    },
})  # fmt: skip
_PARAMETERS = (
    DRY_RUN,
    parameter("header", "Idempotency-Key",
              "The id of the event that it is: the same again changes nothing. Needed but for a dry run.",
              {"type": "string", "minLength": 1, "maxLength": 200}),
    WAIT,
)  # fmt: skip
_IF_MATCH = parameter(
    "header", "If-Match", "The `ETag` of the unified settlement or account: refused if it has changed.",
    {"type": "string"},
)  # fmt: skip


def _operation(resource: Resource) -> Operation:
    edits = "if_revision" in EVENTS[resource.event].model_fields
    return Operation(
        resource.id, resource.method, resource.path, f"Sends the event `{resource.event}`.", "send",
        partial(command, resource=resource), {200: {JSON: {"anyOf": [OUTCOME, _PREVIEW]}}, 202: {JSON: OUTCOME}},
        "commands", (*_PARAMETERS, _IF_MATCH) if edits else _PARAMETERS, {JSON: _body(resource)},
        [400, 404, 408, 409, *([412] if edits else []), 413, 422, 429],
    )  # fmt: skip


def _body(resource: Resource) -> Schema:
    """The data of the event, without what the path says, and with the account that it does not say."""
    schema = dict(EVENTS[resource.event].model_json_schema(ref_template="#/components/schemas/{model}"))
    schema.pop("$defs", None)
    in_path = set(names_in(resource.path))
    properties = {name: of for name, of in schema.get("properties", {}).items() if name not in in_path}
    required = [name for name in schema.get("required", ()) if name not in in_path]
    if "account" not in in_path:
        properties = {"account": {"type": "string", "minLength": 1, "maxLength": 200}, **properties}
        required = ["account", *required]
    name = "".join(word.capitalize() for word in resource.id.split("_"))
    return called(name, {**schema, "title": name, "properties": properties, "required": required})


OPERATIONS = (
    *map(_operation, RESOURCES),
    Operation(
        "get_operation", "GET", "/operations/{operation}", "What became of a command or an event, and what it paid.",
        "send", operation, {200: {JSON: OUTCOME}}, "commands", problems=[404], or_scope="read",
    ),
)  # fmt: skip
