"""Pay Bill: an amount, the part from the balance, and what pays the rest; shown before it is done. Rule: R8.1."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.bills import outstanding_minor
from interfaces.fields.values import Money, amount_text, bill_name, money
from interfaces.http.console.approving import deliver
from interfaces.http.console.confirming import Confirmation, confirm_page
from interfaces.http.console.context import Console, Visitor, moved
from interfaces.http.console.forms import needed_reason
from interfaces.http.console.money_acts import CHANGED, Figure, MoneyAct, carry_out, figures_of
from interfaces.http.console.offers import as_sentence, pay_why
from interfaces.http.console.pages.bills import cycle_in
from interfaces.http.console.paths import bill_path
from interfaces.http.console.respond import posted
from interfaces.http.console.sending import is_sent
from interfaces.http.console.tokens import new_event_id
from settlement.errors import Refused
from settlement.model.cycle import cycle_text
from settlement.model.money import decimal_text, parse_amount
from settlement.operations.inbox.preview import PaymentParts, preview_payment
from settlement.queries import accounts, bills, methods

REQUESTED = "bill_payment_requested"


async def pay_page(console: Console, request: Request) -> Response:
    """The form: by default all that is outstanding, from what was used last."""
    visitor = await console.visitor(request, "money")
    return await _form(console, request, visitor, {})


async def pay(console: Console, request: Request) -> Response:
    """Shows what would be taken from where, with the sum on the button; confirmed, it is requested as it was shown."""
    visitor, form = await posted(console, request, "money")
    account, cycle = request.path_params["account"], cycle_in(request)
    runtime, form_id = console.api.runtime, form.text("event") or new_event_id()
    currency = (await console.api.read(lambda tx: accounts.account(tx, account))).currency
    data: dict[str, Any] = {"payment": form_id, "cycle": cycle_text(cycle), "currency": currency}
    data |= {name: form.text(name) for name in ("amount", "from_balance", "channel") if form.text(name)}
    confirmed, reason = form.text("step") == "confirm", form.text("reason")
    act = MoneyAct(REQUESTED, account, data)
    try:
        if confirmed and await is_sent(console, form_id):
            return moved(await carry_out(console, visitor.session, act, form_id=form_id, reason=reason))
        reason = needed_reason(form)
        parts = await console.api.in_thread(
            lambda: preview_payment(runtime.store, account, data, at=runtime.as_of(), policy=runtime.policy)
        )
        changed = confirmed and _has_changed(parts, data, currency)
        if confirmed and not changed:
            act = replace(act, moves=Money(parts.total_minor, currency))
            figures = await figures_of(console, act)
            return moved(await deliver(console, visitor, act, figures, form_id=form_id, reason=reason))
    except Refused as error:
        given, wrong = form.values(), error.message
        if confirmed:
            # What was confirmed is no longer to be had: the form begins with what is outstanding now.
            given, wrong = (
                given | {"amount": "", "from_balance": "", "event": ""},
                f"{CHANGED} {as_sentence(wrong)}",
            )
        return await _form(console, request, visitor, given, wrong, 409 if confirmed else 422)
    return _confirm(console, request, visitor, parts, form_id, reason, currency, changed=changed)


def _has_changed(parts: PaymentParts, data: dict[str, Any], currency: str) -> bool:
    """Is something different from what was confirmed."""
    return (parse_amount(data["amount"], currency), data.get("channel")) != (parts.total_minor, parts.channel)


def _confirm(
    console: Console,
    request: Request,
    visitor: Visitor,
    parts: PaymentParts,
    event: str,
    reason: str,
    currency: str,
    *,
    changed: bool,
) -> Response:
    account, cycle = request.path_params["account"], cycle_in(request)
    sources_minor = (
        ("credit refunds", parts.refunds_minor),
        ("cash", parts.cash_minor),
        (parts.channel, parts.channel_minor),
    )
    hidden = {
        "event": event, "reason": reason, "amount": decimal_text(parts.total_minor, currency),
        "from_balance": decimal_text(parts.balance_minor, currency), "channel": parts.channel,
    }  # fmt: skip
    total = Money(parts.total_minor, currency)
    confirmation = Confirmation(
        f"Pay bill {bill_name(account, cycle)}",
        facts={"bill": bill_name(account, cycle), "amount": total, "reason": reason}, hidden=hidden,
        figures=[Figure(f"from {name}", Money(minor, currency)) for name, minor in sources_minor if minor],
        button=f"Pay {amount_text(parts.total_minor, currency)}", back=bill_path(account, cycle_text(cycle)),
        changed=changed,
    )  # fmt: skip
    return confirm_page(console, request, visitor, confirmation)


async def _form(
    console: Console,
    request: Request,
    visitor: Visitor,
    given: dict[str, str],
    wrong: str = "",
    status: int = 200,
) -> Response:
    account, cycle = request.path_params["account"], cycle_in(request)
    bill, holder, known = await console.api.read(
        lambda tx: (
            bills.bill(tx, account, cycle),
            (found := accounts.account(tx, account)),
            methods.methods(tx, found.id),
        )
    )
    outstanding = outstanding_minor(bill)
    at = await console.api.in_thread(console.api.runtime.as_of)
    return console.page(
        request, "payments/pay.html", visitor, status,
        title=f"Pay bill {bill_name(account, cycle)}", outstanding=money(outstanding, bill.currency),
        cash=money(holder.cash_minor, bill.currency), methods=[row.name for row in known],
        amount=given.get("amount") or decimal_text(outstanding or 0, bill.currency),
        from_balance=given.get("from_balance", ""), channel=given.get("channel", ""),
        reason=given.get("reason", ""), wrong=wrong, event=given.get("event") or new_event_id(),
        back=bill_path(account, cycle_text(cycle)), why=await pay_why(console, bill, known, at),
    )  # fmt: skip
