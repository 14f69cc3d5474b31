"""An action as a page: its form, what it would do with the sum on the button, and the event that it becomes."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.repayments import REPAYMENTS
from interfaces.fields.values import Money
from interfaces.http.console.actions import ACTIONS, Action
from interfaces.http.console.context import Console, moved
from interfaces.http.console.forms import data_of, fields_of
from interfaces.http.console.pages.lists import account_path, link_to_bill, settlement_path, table_of
from interfaces.http.console.respond import posted
from interfaces.http.console.sending import previewed, send
from interfaces.http.console.tokens import new_event_id
from interfaces.http.problems import Problem
from settlement.errors import NotFound, Refused
from settlement.operations.inbox.preview import Preview
from settlement.queries import accounts, inbox, repayments


async def action_page(console: Console, request: Request) -> Response:
    """The form of an action, filled with what the address gives."""
    action = _action(request)
    visitor = await console.visitor(request, action.permission)
    return await _form(console, request, visitor, action, dict(request.query_params))


async def action_sent(console: Console, request: Request) -> Response:
    """First what it would do is shown; confirmed, it is sent."""
    action = _action(request)
    visitor, form = await posted(console, request, action.permission)
    account = request.path_params["account"]
    if form.text("step") == "confirm":
        data = _confirmed(form.text("data"))
        row = await send(
            console, visitor, event_id=form.text("event"), account=account, event_type=action.event, data=data,
            reason=form.text("reason")[:500],
        )  # fmt: skip
        return moved(f"/operations/{row.id}")
    try:
        data = data_of(action, form, console.api.runtime.policy.zone)
        preview = await previewed(console, account, action.event, data)
    except Refused as error:
        return await _form(console, request, visitor, action, form.values(), error.message)
    return console.page(
        request, "confirm.html", visitor,
        title=f"{action.title}: {account}", account=account, action=action, data=data, as_text=json.dumps(data),
        event=form.text("event") or new_event_id(), reason=form.text("reason")[:500], effects=effects(preview),
        back=account_path(account),
    )  # fmt: skip


async def operation_page(console: Console, request: Request) -> Response:
    """What became of an event, and what it paid. A part of the page is fetched again while it waits."""
    visitor = await console.visitor(request)
    number = request.path_params["operation"]
    rows = await console.api.read(lambda tx: inbox.with_ids(tx, [number])) if number < 2**63 else []
    if not rows:
        raise NotFound("unknown_event", f"event {number} is not known")
    (row,) = rows
    paid = await console.api.read(lambda tx: repayments.of_event(tx, row.account, row.id))
    return console.page(
        request, "operation.html", visitor,
        title=f"Event {row.id}", row=row, data=json.dumps(row.data, indent=2, ensure_ascii=False),
        paid=table_of(REPAYMENTS, paid, link_to_bill), back=_back(row),
    )  # fmt: skip


def effects(preview: Preview) -> list[tuple[str, Money]]:
    """What an event would bring about at once, each with its sum."""
    positions = preview.snapshot.positions.values()
    currencies = {position.account.external_id: position.account.currency for position in positions}
    currency = next(iter(currencies.values()), "")
    found = [
        (f"charged to {row.method} of {row.account}", Money(row.minor, currencies[row.account]))
        for row in preview.charged
    ]
    if preview.repaid.minor:
        found.insert(0, (f"pays {preview.repaid.bills} bills at once", Money(preview.repaid.minor, currency)))
    return found


def _action(request: Request) -> Action:
    action = ACTIONS.get(request.path_params["action"])
    if action is None:
        raise NotFound("unknown_action", "There is no such action.")
    return action


async def _form(
    console: Console, request: Request, visitor: Any, action: Action, given: dict[str, str], wrong: str = ""
) -> Response:
    name = request.path_params["account"]
    account = await console.api.read(lambda tx: accounts.account(tx, name))
    return console.page(
        request, "action.html", visitor, 422 if wrong else 200,
        title=f"{action.title}: {name}", account=name, action=action, wrong=wrong, reason=given.get("reason", ""),
        fields=fields_of(action, {"currency": account.currency, **given}), back=account_path(name),
        event=given.get("event") or new_event_id(),
    )  # fmt: skip


def _confirmed(text: str) -> dict[str, Any]:
    """The data that were shown. They come back from the page, and are checked as those of every event are."""
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Problem(400, "bad_form", "This form is not from a page of the console. Load its page again.")
    return data


def _back(row: inbox.InboxView) -> str:
    """Where what the event was about is seen."""
    data = row.data if isinstance(row.data, dict) else {}
    if row.type.startswith("unified_settlement") and isinstance(data.get("settlement"), str):
        return settlement_path(row.account, data["settlement"])
    return account_path(row.account)
