"""A command is an event: the caller's source says it, its `Idempotency-Key` is the event's id. Rule: R12.4."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.values import Json, Money
from interfaces.http.api.context import Api, Caller, as_json
from interfaces.http.api.etag import entity_tag
from interfaces.http.api.outcomes import located, outcome_json, status_of, waited_for
from interfaces.http.api.resources import Resource
from interfaces.http.api.single import SINGLES
from interfaces.http.problems import Problem
from settlement.errors import NotFound, Refused
from settlement.events.envelope import arrival_of
from settlement.events.registry import parse_event
from settlement.events.strict_json import strict_json
from settlement.model.arrival import Arrival
from settlement.model.commands.command import EventHead
from settlement.operations.inbox.permission import NOT_ALLOWED
from settlement.operations.inbox.preview import Preview, preview
from settlement.queries import inbox, repayments
from settlement.queries.inbox import InboxView


async def command(api: Api, resource: Resource, request: Request) -> Response:
    """Sends the event of a resource; with `dry_run=true` only what it would do is answered, and nothing is kept."""
    caller = await api.caller(request, "send")
    account, data = _content(request, await api.body(request))
    _check_may(caller, resource, account, data)
    if request.query_params.get("dry_run") == "true":
        effects = await api.in_thread(_previewed, api, account, resource.event, data)
        return as_json(_preview_json(effects))
    await _check_unchanged(api, request, account)
    arrival = _arrival(caller, request, resource, account, data)
    rows = await api.intake.receive([arrival])
    row = (await waited_for(api, request, rows))[0]
    if row.conflict_of is not None:
        raise Problem(409, "reused_id", f"this Idempotency-Key came before with other content: {row.reason}")
    if row.state == "refused":
        return as_json(outcome_json(row), 404 if row.reason_code == "unknown_account" else 422)
    return as_json(await _with_repayments(api, row), status_of(row), **located(row))


async def operation(api: Api, request: Request) -> Response:
    """What became of a command or an event, by the number of its operation, and which bills it paid at once."""
    caller = await api.caller(request, "send")
    text = request.path_params["operation"]
    rows = []
    if text.isascii() and text.isdigit() and len(text) < 19:
        rows = await api.read(lambda tx: inbox.with_ids(tx, [int(text)]))
    if not rows or not (rows[0].source == caller.sender.source or caller.sender.may_name(rows[0].account)):
        raise NotFound("unknown_operation", f"operation {text[:40]} is not known")
    return as_json(await _with_repayments(api, rows[0]))


async def _with_repayments(api: Api, row: InboxView) -> dict[str, Json]:
    if row.state != "done":
        return outcome_json(row)
    return outcome_json(row, await api.read(lambda tx: repayments.of_event(tx, row.account, row.id)))


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


async def _check_unchanged(api: Api, request: Request, account: str) -> None:
    """Who edits what has changed since would undo what somebody else did.

    Raises:
        Problem: the account is not as `If-Match` says (412).
    """
    wanted = request.headers.get("if-match")
    if wanted is None or wanted.strip() == "*":
        return
    found = await api.in_thread(SINGLES[0].find, api.runtime, {"account": account})
    tag = entity_tag(found)
    if tag not in [tag.strip() for tag in wanted.split(",")]:
        raise Problem(412, "changed", f"account {account} has changed since it was read", ETag=tag)


def _previewed(api: Api, account: str, event_type: str, data: dict[str, Any]) -> Preview:
    runtime = api.runtime
    return preview(runtime.store, account, event_type, data, at=runtime.as_of(), policy=runtime.policy)


def _preview_json(effects: Preview) -> dict[str, Json]:
    """What would be paid at once and charged, with nothing of it done."""
    accounts_seen = [position.account for position in effects.snapshot.positions.values()]
    currencies = {seen.external_id: seen.currency for seen in accounts_seen}
    currency = next(iter(currencies.values()), "")
    return {
        "dry_run": True,
        "paid": Money(effects.repaid.minor, currency),
        "bills": effects.repaid.bills,
        "charged": [
            {
                "account": row.account,
                "method": row.method,
                "amount": Money(row.minor, currencies[row.account]),
            }
            for row in effects.charged
        ],
    }
