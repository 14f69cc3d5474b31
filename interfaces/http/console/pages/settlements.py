"""Unified settlements: accounts and months become a list of bills, verified, run, followed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from interfaces.csv_lines import csv_bytes
from interfaces.fields.field import csv_header, csv_line
from interfaces.fields.unified_settlements import LINES, progress_text
from interfaces.fields.values import Money, money
from interfaces.http.console.actions import SETTLEMENT_ACTIONS
from interfaces.http.console.context import Console, Visitor, moved
from interfaces.http.console.offers import Offer, role_reason, settlement_whys
from interfaces.http.console.pages.lists import table_of
from interfaces.http.console.paths import account_path, event_path, link_to_bill, settlement_path
from interfaces.http.console.respond import posted
from interfaces.http.console.sending import send
from interfaces.http.console.tokens import new_event_id
from settlement.errors import Refused
from settlement.model.cycle import cycle_text
from settlement.operations.reports.unified_settlements import SettlementPosition, read_position
from settlement.queries import accounts, bills, relationships, unified_settlements
from settlement.queries.bills import BillView

if TYPE_CHECKING:
    from sqlalchemy import Connection

CREATED = "unified_settlement_created"
MOST_LINES = 1_000
MOST_MEMBERS = 1_000
# What one settlement can list.
MOST_LISTED = 10_000
# Open is an account; a line that is open has still to be paid.
_LINES = tuple(
    replace(field, seen=lambda row: "to be paid" if row.state == "open" else row.state)
    if field.key == "state"
    else field
    for field in LINES
)
# An address holds no more of a list that a form begins with.
_MOST_FILLED = 2_000


async def wizard_page(console: Console, request: Request) -> Response:
    """First the main account; then its own and its members' unsettled bills, by account and month."""
    visitor = await console.visitor(request, "money")
    return await _wizard(console, request, visitor, request.query_params.get("main", "").strip(), [], [])


async def _wizard(
    console: Console,
    request: Request,
    visitor: Visitor,
    main: str,
    chosen: Sequence[str],
    cycles: Sequence[str],
    wrong: str = "",
    event: str = "",
    name: str = "",
) -> Response:
    found: list[tuple[str, list[BillView]]] = []
    is_cut = False
    if main:
        found, is_cut = await console.api.read(lambda tx: _unsettled(tx, main))
    months = sorted({cycle_text(bill.cycle) for _, owed in found for bill in owed})
    return console.page(
        request, "settlements/settlement_new.html", visitor, 422 if wrong else 200,
        title="New unified settlement", main=main, accounts=found, months=months, chosen=chosen, cycles=cycles,
        wrong=wrong, event=event or new_event_id(), name=name or f"settlement-{secrets.token_hex(3)}",
        owed_sums={account: _sum(owed) for account, owed in found},
        cut=f"More than {MOST_MEMBERS:,} members or {MOST_LISTED:,} bills: not all of them are here." if is_cut else "",
    )  # fmt: skip


def _unsettled(tx: Connection, main: str) -> tuple[list[tuple[str, list[BillView]]], bool]:
    """The unsettled bills of a main account and its members, by account, in as many statements for one as for all; and
    whether there are more of them than a page holds.
    """
    accounts.account(tx, main)
    members = relationships.relationships(tx, limit=MOST_MEMBERS + 1, account=main, states=["valid"])
    names = [main, *(row.member for row in members[:MOST_MEMBERS] if row.main == main)]
    owed = bills.unsettled(tx, names, limit=MOST_LISTED + 1)
    is_cut = len(members) > MOST_MEMBERS or sum(map(len, owed.values())) > MOST_LISTED
    return [(name, owed[name]) for name in names if name in owed], is_cut


def _sum(owed: Sequence[BillView]) -> Money:
    return Money(sum((bill.payable_minor or 0) - bill.paid_minor for bill in owed), owed[0].currency)


async def create(console: Console, request: Request) -> Response:
    """Makes the list; what is on it is verified on the settlement's own page before it is run."""
    visitor, form = await posted(console, request, "money")
    main, name, event = form.text("main"), form.text("name"), form.text("event")
    chosen, cycles = form.texts("account"), form.texts("cycle")
    data = {"settlement": name, "accounts": chosen, "cycles": cycles}
    if not chosen or not cycles:
        wrong = "Choose at least one account and one month."
        return await _wizard(console, request, visitor, main, chosen, cycles, wrong, event, name)
    try:
        row = await send(
            console,
            visitor.session,
            event_id=event,
            account=main,
            event_type=CREATED,
            data=data,
            reason=form.text("reason")[:500],
        )
    except Refused as error:
        return await _wizard(console, request, visitor, main, chosen, cycles, error.message, event, name)
    return moved(settlement_path(main, name) if row.state == "done" else event_path(row.id))


async def settlement_page(console: Console, request: Request) -> Response:
    """One settlement: how far it is, what its main account can pay and what is missing, its list."""
    visitor = await console.visitor(request)
    position = await _position(console, request, MOST_LINES)
    found = position.settlement
    filled, role = _filled(position), role_reason(visitor, "money")
    return console.page(
        request, "settlements/settlement.html", visitor,
        title=f"Unified settlement {found.name}", lines=table_of(_LINES, position.lines, link_to_bill, "bill"),
        more=None if position.next_line is None else len(position.lines),
        offers=[] if role else await _offers(console, position, filled), role=role,
        by_command=_is_draft(position) and filled is None and not role, **_progress(position),
    )  # fmt: skip


async def settlement_now(console: Console, request: Request) -> Response:
    """The part of the page that changes while it runs. At its end the whole page comes once more, since what may be
    done with it and its list are others then.
    """
    visitor = await console.visitor(request)
    position = await _position(console, request, 0)
    response = console.page(request, "settlements/settlement_now.html", visitor, **_progress(position))
    if position.settlement.state != "running":
        response.headers["HX-Refresh"] = "true"
    return response


async def _position(console: Console, request: Request, limit: int) -> SettlementPosition:
    return await position_of(console, request.path_params["main"], request.path_params["settlement"], limit)


async def position_of(console: Console, main: str, name: str, limit: int = 0) -> SettlementPosition:
    """How a settlement stands now, with so many of its lines.

    Raises:
        NotFound: there is no such account or settlement.
    """
    runtime = console.api.runtime
    return await console.api.in_thread(
        lambda: read_position(
            runtime.store, main, name, at=runtime.as_of(), policy=runtime.policy, limit=limit
        )
    )


def _progress(position: SettlementPosition) -> dict[str, Any]:
    """How far it is."""
    found = position.settlement
    return {
        "settlement": found, "progress": progress_text(found), "running": found.state == "running",
        "figures_of": {"paid": money(found.paid_minor, found.currency), **funds_of(position)},
    }  # fmt: skip


def funds_of(position: SettlementPosition) -> dict[str, Money | None]:
    """What is to be paid, what its main account has for it, and what is missing."""
    found, currency = position.settlement, position.settlement.currency
    return {
        "outstanding": money(found.outstanding_minor, currency),
        f"{found.main} can pay now": money(position.funds_minor, currency),
        "missing cash": money(position.missing_minor, currency),
    }


async def _offers(
    console: Console, position: SettlementPosition, filled: Mapping[str, str] | None
) -> list[Offer]:
    """What may be done with it, and of what may not be done why. `filled`: what the form begins with that edits a
    draft; without it the form would begin with a part of the list and drop the rest, so it is not offered.
    """
    found = position.settlement
    listed = {name: text.splitlines() for name, text in (filled or {}).items()}
    any_bill = {"accounts": [found.main], "cycles": ["2000-01"]}
    whys = await settlement_whys(console, found.main, found.name, listed or any_bill)
    offers = []
    for action in SETTLEMENT_ACTIONS:
        given = {"settlement": found.name}
        if action.id == "edit-settlement":
            if _is_draft(position) and filled is None:
                continue
            given |= filled or {}
        path = f"{account_path(found.main)}/do/{action.id}?{urlencode(given)}"
        offers.append(Offer(action.title, path, whys.get(action.id, "")))
    return offers


def _is_draft(position: SettlementPosition) -> bool:
    return position.settlement.state == "draft" and position.settlement.deleted_at is None


def _filled(position: SettlementPosition) -> dict[str, str] | None:
    """The accounts and months of which the list of a draft is made. None of another, and where it is more than is shown
    or than an address holds, or is not what accounts and months give, in their order.
    """
    if not _is_draft(position):
        return None
    listed = [(line.account, line.cycle) for line in position.lines]
    accounts = list(dict.fromkeys(account for account, _ in listed))
    cycles = list(dict.fromkeys(cycle for _, cycle in listed))
    filled = {"accounts": "\n".join(accounts), "cycles": "\n".join(map(cycle_text, cycles))}
    is_whole = position.next_line is None and listed == [(one, cycle) for one in accounts for cycle in cycles]
    return filled if is_whole and len(filled["accounts"]) <= _MOST_FILLED else None


async def settlement_csv(console: Console, request: Request) -> Response:
    """The whole list, as it is verified in a spreadsheet."""
    await console.visitor(request)
    main, name = request.path_params["main"], request.path_params["settlement"]

    def rows() -> list[bytes]:
        with console.api.runtime.store.transaction() as tx:
            found = unified_settlements.settlement(tx, main, name)
            listed = unified_settlements.whole_list(tx, found.number)
            return [csv_bytes([csv_header(LINES)]), *(csv_bytes([csv_line(LINES, row)]) for row in listed)]

    lines = await console.api.in_thread(rows)
    named = {"Content-Disposition": 'attachment; filename="unified-settlement.csv"'}
    return StreamingResponse(iter(lines), media_type="text/csv", headers=named)
