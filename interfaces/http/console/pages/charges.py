"""A charge of a payment method with the bills it is for; a refund to one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.charges import CHARGE_LINES, CHARGES
from interfaces.fields.refunds import REFUNDS
from interfaces.http.console.context import Console, Visitor
from interfaces.http.console.offers import Offer, role_reason
from interfaces.http.console.pages.lists import facts_of, table_of
from interfaces.http.console.pages.resolutions import CHARGE, REFUND, Doubt
from interfaces.http.console.paths import charge_path, refund_path
from settlement.queries import charges, refunds


async def charge_page(console: Console, request: Request) -> Response:
    """One charge."""
    visitor = await console.visitor(request)
    name = request.path_params["charge"]
    found, lines = await console.api.read(
        lambda tx: (charges.charge(tx, name), charges.charge_lines(tx, name))
    )
    return console.page(
        request, "payments/charge.html", visitor, title=f"Charge {name}", account=found.account,
        facts_of=facts_of(CHARGES, found), bills=table_of(CHARGE_LINES, lines),
        resolve=_resolve(visitor, CHARGE, f"{charge_path(name)}/resolve", found.state),
    )  # fmt: skip


async def refund_page(console: Console, request: Request) -> Response:
    """One refund to a payment method."""
    visitor = await console.visitor(request)
    name = request.path_params["refund"]
    found = await console.api.read(lambda tx: refunds.refund(tx, name))
    return console.page(
        request, "payments/charge.html", visitor, title=f"Refund {name}", account=found.account,
        facts_of=facts_of(REFUNDS, found), bills=table_of((), ()),
        resolve=_resolve(visitor, REFUND, f"{refund_path(name)}/resolve", found.state),
    )  # fmt: skip


def _resolve(visitor: Visitor, of: Doubt, path: str, state: str) -> list[Offer]:
    return [Offer("Resolve", path, role_reason(visitor, "money") or of.why_not(state))]
