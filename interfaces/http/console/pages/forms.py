"""An action as a page: its form, what it would do with the sum on the button, and the event that it becomes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.operations.users import in_words
from interfaces.fields.repayments import REPAYMENTS
from interfaces.fields.values import Money, amount_text, words
from interfaces.http.api.outcomes import repaid
from interfaces.http.console.actions import ACTIONS, Action
from interfaces.http.console.approving import deliver
from interfaces.http.console.confirming import Confirmation, confirm_page
from interfaces.http.console.context import Console, Visitor, moved
from interfaces.http.console.forms import FormPage, data_of, fields_of, form_page, needed_reason
from interfaces.http.console.money_acts import Figure, MoneyAct, carry_out, figures_of, fingerprint
from interfaces.http.console.offers import Offer, role_reason
from interfaces.http.console.pages.events import may_try_again
from interfaces.http.console.pages.lists import table_of
from interfaces.http.console.pages.settlements import funds_of, position_of
from interfaces.http.console.paths import account_path, bill_path, link_to_bill, settlement_path
from interfaces.http.console.respond import posted
from interfaces.http.console.sending import is_sent
from interfaces.http.console.tokens import new_event_id
from interfaces.http.problems import Problem
from interfaces.http.routing import number_in
from settlement.errors import NotFound, Refused
from settlement.model.money import parse_amount
from settlement.queries import accounts, inbox, unified_settlements

_NOTHING = "No bill is paid and nothing is charged by it."
_WAITS = "Nothing is paid at once: the main account has no money for it. It pays by itself as soon as there is some."


async def action_page(console: Console, request: Request) -> Response:
    """The form of an action, filled with what the address gives."""
    action = _action(request)
    visitor = await console.visitor(request, "money")
    return await _form(console, request, visitor, action, dict(request.query_params))


async def action_sent(console: Console, request: Request) -> Response:
    """First what it would do is shown; confirmed, and still the same, it is sent."""
    action = _action(request)
    visitor, form = await posted(console, request, "money")
    account, form_id = request.path_params["account"], form.text("event") or new_event_id()
    confirmed, reason = form.text("step") == "confirm", form.text("reason")
    data: dict[str, Any] = {}
    try:
        data = (
            _confirmed(form.text("data"))
            if confirmed
            else data_of(action, form, console.api.runtime.policy.zone)
        )
        act = MoneyAct(action.event, account, data, await _moves(console, action.event, account, data))
        if confirmed and await is_sent(console, form_id):
            return moved(await carry_out(console, visitor.session, act, form_id=form_id, reason=reason))
        if action.needs_reason:
            reason = needed_reason(form)
        figures = await figures_of(console, act)
        if confirmed and (not act.compares or form.text("figures") == fingerprint(figures)):
            return moved(await deliver(console, visitor, act, figures, form_id=form_id, reason=reason))
    except Refused as error:
        given = {**_as_typed(data), "reason": reason} if confirmed else form.values()
        return await _form(console, request, visitor, action, given, error.message, was_confirmed=confirmed)
    is_run = action.event == "unified_settlement_run"
    funds = funds_of(await position_of(console, account, str(data.get("settlement")))) if is_run else {}
    confirmation = Confirmation(
        f"{action.title}: {account}", facts={**_facts(data, reason), **funds}, figures=figures,
        nothing=_WAITS if is_run else _NOTHING,
        hidden={"event": form_id, "data": json.dumps(data), "reason": reason[:500]},
        button=action.title + _sum(data, figures), back=account_path(account), changed=confirmed,
    )  # fmt: skip
    return confirm_page(console, request, visitor, confirmation)


def _sum(data: Mapping[str, Any], figures: Sequence[Figure]) -> str:
    """What stands on the button behind the title: the amount that was typed, else what follows at once, by currency."""
    if "amount" in data:
        return f" {amount_text(parse_amount(data['amount'], data['currency']), data['currency'])}"
    sums: Counter[str] = Counter()
    for figure in figures:
        sums[figure.sum.currency] += figure.sum.minor
    return "".join(f" {amount_text(minor, currency)}" for currency, minor in sorted(sums.items()))


async def _moves(console: Console, event: str, account: str, data: dict[str, Any]) -> Money | None:
    """The sum that an event is about: its amount, or what a unified settlement has to pay.

    Raises:
        NotFound, Refused: the settlement is not known, or the amount is none.
    """
    if event == "unified_settlement_run":
        name = str(data.get("settlement"))
        found = await console.api.read(lambda tx: unified_settlements.settlement(tx, account, name))
        return Money(found.outstanding_minor, found.currency) if found.outstanding_minor else None
    if "amount" not in data:
        return None
    currency = str(data.get("currency"))
    return Money(parse_amount(data["amount"], currency), currency)


def _changes(row: inbox.InboxView, visitor: Visitor) -> list[tuple[str, Offer]]:
    """What may be done with an event that was set aside, and of what may not be done why."""
    if row.state not in ("refused", "parked") or row.dismissed_at is not None:
        return []
    role = role_reason(visitor, "operate")
    again = role
    if not role and row.conflict_of is not None:
        again = "Another event has this id; it has to be sent again under an id of its own."
    elif not role and not may_try_again(visitor, row.source):
        again = f"It was sent at the console. {role_reason(visitor, 'money')}"
    dismiss = role or ("" if row.state == "refused" else "It waits for its account, and is not refused.")
    return [("replay", Offer("Try again", "", again)), ("dismiss", Offer("Dismiss", "", dismiss))]


def _facts(data: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """The data of an event in words, and the reason that is kept with it."""
    found: dict[str, Any] = {**in_words(data, "")}
    if "amount" in data:
        # The sum that is confirmed, as sums stand everywhere: its digits after the point, its currency beside it.
        del found["currency"]
        found["amount"] = Money(parse_amount(data["amount"], data["currency"]), data["currency"])
    return {**found, "reason": reason} if reason else found


def _content_of(row: inbox.InboxView) -> dict[str, Any]:
    """The data of an event in words, whatever it says."""
    if not isinstance(row.data, dict):
        return {}
    try:
        return {name: value for name, value in _facts(row.data, "").items() if value != row.event_id}
    except (Refused, KeyError, TypeError):
        return {**in_words(row.data, row.event_id)}


async def operation_page(console: Console, request: Request) -> Response:
    """What became of an event, and what it paid. A part of the page is fetched again while it waits."""
    visitor = await console.visitor(request)
    number = number_in(request.path_params, "operation", "event")
    row = await console.api.read(lambda tx: inbox.row(tx, number))
    paid = await repaid(console.api, row) or []
    return console.page(
        request, "acts/operation.html", visitor,
        title=f"Event {row.id}: {words(row.type)}", row=row, type=words(row.type), said=_content_of(row),
        data=json.dumps(row.data, indent=2, ensure_ascii=False),
        paid=table_of(REPAYMENTS, paid, link_to_bill), back=_back(row), event=new_event_id(),
        changes=_changes(row, visitor),
    )  # fmt: skip


def _action(request: Request) -> Action:
    action = ACTIONS.get(request.path_params["action"])
    if action is None:
        raise NotFound("unknown_action", "There is no such action.")
    return action


async def _form(
    console: Console,
    request: Request,
    visitor: Visitor,
    action: Action,
    given: dict[str, str],
    wrong: str = "",
    *,
    was_confirmed: bool = False,
) -> Response:
    name = request.path_params["account"]
    account = await console.api.read(lambda tx: accounts.account(tx, name))
    fields = fields_of(action, {"currency": account.currency, **given})
    page = FormPage(
        f"{action.title}: {name}", fields, account_path(name), reason_required=action.needs_reason
    )
    return form_page(console, request, visitor, page, given, wrong, was_confirmed=was_confirmed)


def _as_typed(data: Mapping[str, Any]) -> dict[str, str]:
    """The data of an event as its form is filled with them."""
    found: dict[str, str] = {}
    for name, value in data.items():
        match value:
            case bool():
                found[name] = "yes" if value else "no"
            case list():
                found[name] = "\n".join(map(str, value))
            case dict():
                found |= {f"{name}.{inner}": text for inner, text in _as_typed(value).items()}
            case _:
                found[name] = str(value)
    return found


def _confirmed(text: str) -> dict[str, Any]:
    """The data that were shown. They come back from the page, and are checked as those of every event are."""
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Problem(400, "bad_form", "This form is not from a page of the console. Load its page again.")
    return data


def _back(row: inbox.InboxView) -> tuple[str, str]:
    """What the event was about, and where it is seen."""
    data = row.data if isinstance(row.data, dict) else {}
    settlement, cycle = data.get("settlement"), data.get("cycle")
    if row.type.startswith("unified_settlement") and isinstance(settlement, str):
        return f"the unified settlement {settlement}", settlement_path(row.account, settlement)
    if row.type.startswith("bill_payment") and isinstance(cycle, str):
        return f"the bill {row.account}:{cycle}", bill_path(row.account, cycle)
    return f"the account {row.account}", account_path(row.account)
