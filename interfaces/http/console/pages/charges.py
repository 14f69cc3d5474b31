"""A charge of a payment method with the bills it is for; disputes, and refunds made at gateways."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.charges import CHARGE_LINES, CHARGES
from interfaces.fields.gateway.reversals import REVERSALS
from interfaces.http.console.context import Console
from interfaces.http.console.pages.lists import account_path, facts_of, table_of
from settlement.queries import charges
from settlement.queries.gateway import reversals

_MOST_ROWS = 200


async def charge_page(console: Console, request: Request) -> Response:
    """One charge."""
    visitor = await console.visitor(request)
    name = request.path_params["charge"]
    found, lines = await console.api.read(
        lambda tx: (charges.charge(tx, name), charges.charge_lines(tx, name))
    )
    return console.page(
        request, "charge.html", visitor, title=f"Charge {name}", account=found.account,
        facts_of=facts_of(CHARGES, found), bills=table_of(CHARGE_LINES, lines),
    )  # fmt: skip


async def disputes_page(console: Console, request: Request) -> Response:
    """What gateways took back by themselves, those found last first."""
    visitor = await console.visitor(request)
    found = await console.api.read(lambda tx: reversals.reversals(tx, limit=_MOST_ROWS))
    lead = "Disputes, and refunds made at a gateway's dashboard. While a dispute is open its method is not charged."
    return console.page(
        request, "table.html", visitor, title="Disputes", lead=lead, empty="Nothing was taken back.",
        table=table_of(REVERSALS, found, lambda row: account_path(row.account)),
    )  # fmt: skip
