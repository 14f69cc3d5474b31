"""Acts that need a second person: kept until another one approves or declines them. Rule: R14.5."""

from __future__ import annotations

from datetime import timedelta

from settlement.errors import Refused
from settlement.model.policies.approvals import Decision, NewRequest
from settlement.queries.people import approvals as known
from settlement.queries.people.approvals import RequestView
from settlement.storage.store import Store
from settlement.storage.work.people import approvals as kept
from settlement.storage.work.people import users

_WORDS = {"approved": "approve", "declined": "decline", "withdrawn": "withdraw"}


def request_approval(store: Store, new: NewRequest, *, lasts: timedelta) -> int:
    """Keeps an act until somebody else decides, for so long; its number. Of a form that is sent twice, once."""
    with store.transaction() as tx:
        number, is_new = kept.add(tx, new, lasts=lasts)
        if is_new:
            users.note_act(
                tx, actor=new.maker, role=new.role, action=f"request_{new.action}", account=new.account,
                reason=new.reason, event_id=None, details={"request": number, **new.data}, approved_by=None,
            )  # fmt: skip
        return number


def decide(
    store: Store, number: int, decision: Decision, *, by: str, role: str, reason: str | None
) -> RequestView:
    """What somebody decides about an act of somebody else; or withdraws, about their own.

    Raises:
        NotFound: there is no such request.
        Refused: `own_request`, nobody approves or declines what they want themselves; `not_own`, nobody withdraws what
            others want; `decided`; `expired`; `maker_may_not`, who wants it may not move money any more.
    """
    with store.transaction() as tx:
        if not kept.decide(tx, number, decision, by=by, reason=reason):
            raise _why_not(known.request(tx, number), decision, by)
        found = known.request(tx, number)
        users.note_act(
            tx, actor=by, role=role, action=f"{_WORDS[decision]}_{found.action}", account=found.account, reason=reason,
            event_id=None, details={"request": number, "of": found.maker}, approved_by=None,
        )  # fmt: skip
        return found


def check_maker_may(found: RequestView) -> None:
    """What is carried out in somebody's name is what they may do.

    Raises:
        Refused: `maker_may_not`, they were disabled or have another role since.
    """
    if not found.maker_may:
        raise Refused(
            "maker_may_not", f"{found.maker} may not move money any more. Whoever may has to make it again."
        )


def _why_not(found: RequestView, decision: Decision, by: str) -> Refused:
    if found.state == "expired":
        return Refused("expired", "It has waited for too long and is over. It has to be made again.")
    if found.state != "waiting":
        return Refused("decided", f"It was {found.state} by {found.decided_by} already.")
    if found.maker == by:
        return Refused("own_request", "Nobody decides about what they want themselves; they may withdraw it.")
    if decision == "approved":
        check_maker_may(found)
    return Refused("not_own", f"This is what {found.maker} wants: approve or decline it.")
