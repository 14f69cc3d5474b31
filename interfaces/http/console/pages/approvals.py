"""What waits for a second person: who wants what and why, what followed then and follows now, and the decision.

Rule: R14.5.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.operations.approvals import REQUESTS
from interfaces.fields.values import Money, words
from interfaces.http.console.context import Console, Visitor, moved
from interfaces.http.console.money_acts import Figure, MoneyAct, carry_out, figures_of, from_plain
from interfaces.http.console.pages.lists import facts_of, table_of
from interfaces.http.console.respond import posted
from interfaces.http.console.sending import is_sent
from settlement.errors import NotFound, Refused
from settlement.model.policies.approvals import Decision
from settlement.operations.approvals import decide
from settlement.operations.users import Session
from settlement.queries.people import approvals
from settlement.queries.people.approvals import RequestView

_MOST_ROWS = 200
_LEAD = "Acts that move more than one person may. Somebody else with the right to move money approves or declines them."


async def approvals_page(console: Console, request: Request) -> Response:
    """What waits and waited, the newest first."""
    visitor = await console.visitor(request)
    found = await console.api.read(lambda tx: approvals.requests(tx, limit=_MOST_ROWS))
    return console.page(
        request, "table.html", visitor, title="Approvals", lead=_LEAD, empty="Nothing waits for a second person.",
        table=table_of(REQUESTS, found, lambda row: f"/approvals/{row.id}"),
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
        return moved(f"/approvals/{found.id}")
    if to != "approve":
        raise NotFound("unknown_action", "There is no such action.")
    if found.state != "approved" or await _is_carried_out(console, found):
        if found.state == "waiting" and found.maker != who.name and await _is_stale(console, found):
            return await _page(console, request, visitor, found, 409)
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
    number = request.path_params["request"]
    if number >= 2**63:
        raise NotFound("unknown_request", f"request {number} is not known")
    return await console.api.read(lambda tx: approvals.request(tx, number))


def _act(found: RequestView) -> MoneyAct:
    return MoneyAct(found.action, found.account, found.data, Money(found.amount_minor, found.currency))


async def _now(console: Console, found: RequestView) -> list[Figure]:
    """What would follow now; of money that comes in, what was shown."""
    act = _act(found)
    return await figures_of(console, act) if act.compares else from_plain(found.figures)


async def _is_stale(console: Console, found: RequestView) -> bool:
    return await _now(console, found) != from_plain(found.figures)


async def _is_carried_out(console: Console, found: RequestView) -> bool:
    """It was approved and begun: nothing is left to do. Whoever died between the two has left it to be done."""
    begun = await console.api.read(lambda tx: approvals.is_begun(tx, found.event_id))
    return begun and (found.action.startswith("resolve_") or await is_sent(console, found.event_id))


async def _page(
    console: Console, request: Request, visitor: Visitor, found: RequestView, status: int = 200
) -> Response:
    wrong, now = "", list[Figure]()
    if found.state == "waiting":
        try:
            now = await _now(console, found)
            if now != from_plain(found.figures):
                wrong = f"It is no longer what was shown to {found.maker} that would follow: it has to be made again."
        except Refused as error:
            wrong = f"It would be refused now: {error.message}"
    offered: list[tuple[str, str]] = []
    if visitor.may("money") and found.state == "waiting":
        own = found.maker == visitor.session.name
        offered = [("withdraw", "Withdraw")] if own else [("decline", "Decline")]
        if not own and not wrong:
            offered.insert(0, ("approve", "Approve"))
    elif visitor.may("money") and found.state == "approved" and not await _is_carried_out(console, found):
        offered = [("approve", "Carry out")]
    return console.page(
        request, "approval.html", visitor, status,
        title=f"Request {found.id}: {words(found.action)}", found=found, facts_of=facts_of(REQUESTS, found),
        data=found.data, then=from_plain(found.figures), now=now, wrong=wrong, offered=offered,
        amount=Money(found.amount_minor, found.currency),
        nothing="No bill is paid and nothing is charged by it." if _act(found).compares else "It pays what it can.",
    )  # fmt: skip
