"""What waits for a second person: who wants what and why, what followed then and follows now, and the decision.

Rule: R14.5.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.operations.approvals import REQUESTS
from interfaces.fields.values import Money, words
from interfaces.http.api.reads.listing import Place
from interfaces.http.console.context import Console, Visitor, moved
from interfaces.http.console.money_acts import Figure, MoneyAct, carry_out, figures_of, from_plain
from interfaces.http.console.pages.lists import facts_of, table_of
from interfaces.http.console.pages.pager import paged, place_in
from interfaces.http.console.paths import request_path
from interfaces.http.console.respond import posted
from interfaces.http.routing import number_in
from settlement.errors import NotFound, Refused
from settlement.model.policies.approvals import Decision
from settlement.operations.approvals import check_maker_may, decide
from settlement.operations.users import Session
from settlement.queries.people import approvals
from settlement.queries.people.approvals import RequestView

_ROWS = 100
_PLACE: Place[RequestView] = Place(lambda row: row.place, bool, int)
_LEAD = "Acts that move more than one person may. Somebody else with the right to move money approves or declines them."


async def approvals_page(console: Console, request: Request) -> Response:
    """What waits, then what waited, each the newest first."""
    visitor = await console.visitor(request)
    after = place_in(request, _PLACE)
    found = await console.api.read(lambda tx: approvals.requests(tx, limit=_ROWS + 1, after=after))
    page = paged(request, found, _ROWS, _PLACE)
    return console.page(
        request, "table.html", visitor, title="Approvals", lead=_LEAD, empty="Nothing waits for a second person.",
        table=table_of(REQUESTS, page.rows, lambda row: request_path(row.id)), paged=page,
    )  # fmt: skip


async def approval_page(console: Console, request: Request) -> Response:
    """One act with its figures, then and now."""
    visitor = await console.visitor(request)
    return await _page(console, request, visitor, await _found(console, request))


async def decision(console: Console, request: Request) -> Response:
    """Approves, which carries it out if the same would follow as was shown; declines; or withdraws."""
    visitor, form = await posted(console, request, "money")
    found, to, who = await _found(console, request), form.text("to"), visitor.session
    store, reason = console.api.runtime.store, form.text("reason")[:500] or None
    if to in ("decline", "withdraw"):
        ends: Decision = "declined" if to == "decline" else "withdrawn"
        await console.api.in_thread(
            lambda: decide(store, found.id, ends, by=who.name, role=who.role, reason=reason)
        )
        return moved(request_path(found.id))
    if to != "approve":
        raise NotFound("unknown_action", "There is no such action.")
    theirs = found.state == "waiting" and found.maker != who.name
    if (theirs or found.is_to_be_carried_out) and found.maker_may and await _is_stale(console, found):
        return await _page(console, request, visitor, found, 409)
    if found.is_to_be_carried_out:
        check_maker_may(found)
    else:
        found = await console.api.in_thread(
            lambda: decide(store, found.id, "approved", by=who.name, role=who.role, reason=reason)
        )
    maker = Session(found.maker, found.role)
    return moved(
        await carry_out(
            console, maker, _act(found), form_id=found.event_id, reason=found.reason or "", approved_by=found.decided_by
        )
    )  # fmt: skip


async def _found(console: Console, request: Request) -> RequestView:
    number = number_in(request.path_params, "request")
    return await console.api.read(lambda tx: approvals.request(tx, number))


def _act(found: RequestView) -> MoneyAct:
    return MoneyAct(found.action, found.account, found.data, Money(found.amount_minor, found.currency))


async def _now(console: Console, found: RequestView) -> list[Figure]:
    """What would follow now; of money that comes in, what was shown."""
    act = _act(found)
    return await figures_of(console, act) if act.compares else from_plain(found.figures)


async def _is_stale(console: Console, found: RequestView) -> bool:
    return await _now(console, found) != from_plain(found.figures)


async def _against(console: Console, found: RequestView) -> tuple[str, list[Figure]]:
    """What stands against carrying it out, nothing where nothing does; and what would follow now."""
    if found.state != "waiting" and not found.is_to_be_carried_out:
        return "", []
    try:
        check_maker_may(found)
        now = await _now(console, found)
    except Refused as error:
        return f"It would be refused now: {error.message}", []
    if now != from_plain(found.figures):
        return (
            f"It is no longer what was shown to {found.maker} that would follow: it has to be made again.",
            now,
        )
    return "", now


def _offered(found: RequestView, visitor: Visitor, wrong: str) -> list[tuple[str, str]]:
    """What the visitor may decide."""
    if not visitor.may("money"):
        return []
    if found.is_to_be_carried_out:
        return [] if wrong else [("approve", "Carry out")]
    if found.state != "waiting":
        return []
    if found.maker == visitor.session.name:
        return [("withdraw", "Withdraw")]
    return [*([] if wrong else [("approve", "Approve")]), ("decline", "Decline")]


async def _page(
    console: Console, request: Request, visitor: Visitor, found: RequestView, status: int = 200
) -> Response:
    wrong, now = await _against(console, found)
    return console.page(
        request, "acts/approval.html", visitor, status,
        title=f"Request {found.id}: {words(found.action)}", found=found, facts_of=facts_of(REQUESTS, found),
        data=found.data, then=from_plain(found.figures), now=now, wrong=wrong,
        offered=_offered(found, visitor, wrong),
        amount=Money(found.amount_minor, found.currency),
        nothing="No bill is paid and nothing is charged by it." if _act(found).compares else "It pays what it can.",
    )  # fmt: skip
