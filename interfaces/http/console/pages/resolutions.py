"""A charge or a refund in doubt: what a person found at its gateway, shown with what follows, then booked.

Rule: R5.5c, R7.3e.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.values import Money, amount_text, words
from interfaces.http.console.approving import deliver
from interfaces.http.console.confirming import Confirmation, confirm_page
from interfaces.http.console.context import Console, Visitor, moved
from interfaces.http.console.doing import outcome_of
from interfaces.http.console.forms import FormField, FormPage, form_page, needed_reason
from interfaces.http.console.money_acts import MoneyAct, figures_of, fingerprint
from interfaces.http.console.paths import charge_path, refund_path
from interfaces.http.console.respond import Form, posted
from interfaces.http.console.tokens import new_event_id
from settlement.errors import Refused
from settlement.queries import charges, refunds

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Doubt:
    """A kind of thing whose outcome may be in doubt. `yes` and `no`: the two ways in which it is resolved, by the
    states in which each may be chosen.
    """

    noun: str
    action: str
    find: Callable[[Connection, str], Any]
    path: Callable[[str], str]
    yes: str
    no: str
    yes_in: Sequence[str]
    no_in: Sequence[str]

    def choices(self, state: str) -> list[str]:
        """What may be found of one in this state; nothing where nothing is in doubt."""
        found = [(self.yes, self.yes_in), (self.no, self.no_in)]
        return [choice for choice, states in found if state in states]

    def why_not(self, state: str) -> str:
        """Why one in this state is not resolved; empty where it may be."""
        return (
            "" if self.choices(state) else f"This {self.noun} is {words(state)}; nothing is to be resolved."
        )


CHARGE = Doubt(
    "charge", "resolve_charge", charges.charge, charge_path, "it was taken", "it was not taken",
    ("sent", "unknown", "requires_action"), ("waiting", "sent", "unknown"),
)  # fmt: skip
REFUND = Doubt(
    "refund", "resolve_refund", refunds.refund, refund_path, "it was given back", "it was not: it becomes cash",
    ("sent", "unknown", "under_way"), ("waiting", "sent", "unknown", "under_way", "succeeded"),
)  # fmt: skip


async def resolve_page(console: Console, request: Request, of: Doubt) -> Response:
    """The form."""
    visitor = await console.visitor(request, "money")
    return await _form(console, request, visitor, of, {})


async def resolve(console: Console, request: Request, of: Doubt) -> Response:
    """First what follows from what was found is shown; confirmed, and still the same, it is booked."""
    visitor, form = await posted(console, request, "money")
    found = await _found(console, request, of)
    form_id = form.text("event") or new_event_id()
    confirmed = form.text("step") == "confirm"
    if confirmed and await outcome_of(console, form_id) is not None:
        return moved(of.path(found.reference))
    try:
        reason = needed_reason(form)
        act = MoneyAct(
            of.action,
            found.account,
            _data(of, found.reference, form),
            Money(found.amount_minor, found.currency),
        )
        figures = await figures_of(console, act)
        if confirmed and form.text("figures") == fingerprint(figures):
            return moved(await deliver(console, visitor, act, figures, form_id=form_id, reason=reason))
    except Refused as error:
        return await _form(console, request, visitor, of, form.values(), error.message)
    confirmation = Confirmation(
        f"Resolve {of.noun} {found.reference}", figures=figures, changed=confirmed,
        facts={
            of.noun: found.reference, "account": found.account, "what was found": form.text("became"),
            "id at the gateway": act.data["gateway_ref"], "reason": reason,
        },
        hidden={"event": form_id, **{name: form.text(name) for name in ("became", "gateway_ref", "reason")}},
        button=f"Book {amount_text(found.amount_minor, found.currency)}: {form.text('became')}",
        back=of.path(found.reference), nothing="No bill is paid by it at once.",
    )  # fmt: skip
    return confirm_page(console, request, visitor, confirmation)


def _data(of: Doubt, reference: str, form: Form) -> dict[str, Any]:
    became, gateway_ref = form.text("became"), form.text("gateway_ref")
    if became not in (of.yes, of.no):
        raise Refused("bad_shape", "Choose what was found at the gateway.")
    if became == of.yes and not gateway_ref:
        raise Refused("no_id", f"Give the id of the {of.noun} at the gateway; its page there shows it.")
    return {"reference": reference, "gateway_ref": gateway_ref if became == of.yes else None}


async def _found(console: Console, request: Request, of: Doubt) -> Any:
    name = request.path_params[of.noun]
    return await console.api.read(lambda tx: of.find(tx, name))


async def _form(
    console: Console, request: Request, visitor: Visitor, of: Doubt, given: dict[str, str], wrong: str = ""
) -> Response:
    found = await _found(console, request, of)
    if why := of.why_not(found.state):
        raise Refused("not_in_doubt", why)
    choices = of.choices(found.state)
    fields = [FormField("became", "Found at the gateway", kind="choice", options=choices, required=True)]
    if of.yes in choices:
        means = f"needed where {of.yes}; its page there shows it"
        fields.append(FormField("gateway_ref", "Its id at the gateway", means))
    lead = (
        f"Look it up at {found.gateway} first, by its reference {found.reference}: "
        f"{amount_text(found.amount_minor, found.currency)}, {words(found.state)}."
    )
    title = f"Resolve {of.noun} {found.reference}"
    page = FormPage(title, fields, of.path(found.reference), lead=lead, reason_required=True)
    return form_page(console, request, visitor, page, given, wrong)
