"""Money between a main account and its members, and the relationships that allow it. Rule: R9.1, R9.2."""

from __future__ import annotations

from settlement.errors import Refused
from settlement.model.commands.relationships import (
    RelationshipAccepted,
    RelationshipEnded,
    RelationshipRequested,
)
from settlement.model.money import money_text
from settlement.model.payments import UNIFIED_HOLD, Relationship
from settlement.plans.announcements.payments import announce_relationship
from settlement.plans.charges.inflow import resume
from settlement.plans.draft.draft import Draft, WorkingAccount
from settlement.rules.transfers import returnable_minor, transferable_minor


def request_relationship(
    draft: Draft, main: WorkingAccount, member: WorkingAccount, command: RelationshipRequested
) -> None:
    """Pending until the member agrees. One level only: nobody is main account and member at once. Rule: R9.1."""
    repaying = draft.repaying
    if main is member:
        raise Refused("same_account", f"account {main.external_id} cannot be its own main account")
    if main.currency != member.currency:
        raise Refused(
            "wrong_currency",
            f"account {main.external_id} is kept in {main.currency}, {member.external_id} in {member.currency}",
        )
    if (known := repaying.relationships.get(member.id)) is not None:
        raise Refused("has_main_account", f"account {member.external_id} {_tie(draft, known)}")
    if (above := repaying.relationships.get(main.id)) is not None:
        raise Refused(
            "is_a_member", f"account {main.external_id} is a member itself: it {_tie(draft, above)}"
        )
    if repaying.members_of[member.id]:
        raise Refused("is_a_main_account", f"account {member.external_id} has members of its own")
    repaying.relate(command.head.inbox_id, main.id, member.id, "pending")
    announce_relationship(draft, main, member, "requested", command.head.correlation_id)


def accept_relationship(
    draft: Draft, member: WorkingAccount, main: WorkingAccount, command: RelationshipAccepted
) -> None:
    """Valid from now on."""
    known = _relationship(draft, main, member)
    if known.state == "valid":
        raise Refused("already_valid", f"account {member.external_id} has agreed already")
    draft.repaying.relate(known.id, main.id, member.id, "valid")
    announce_relationship(draft, main, member, "valid", command.head.correlation_id)


def end_relationship(
    draft: Draft, one: WorkingAccount, other: WorkingAccount, command: RelationshipEnded
) -> None:
    """Whatever a settlement of the main account still has open of the member is dropped, and every hold that a
    settlement of the main account has on it released, also where all its bills there are paid. Rule: R9.1c.
    """
    repaying = draft.repaying
    main, member = (one, other) if one.id != _member_of(draft, one, other) else (other, one)
    known = _relationship(draft, main, member)
    repaying.relate(known.id, main.id, member.id, "ended")
    member.returnable_minor = 0
    member.touched = True
    for working in repaying.lines_of[member.id]:
        if working.state == "open" and working.line.main_id == main.id:
            working.end("dropped", "the relationship has ended")
    held = [
        ref
        for reason, ref in sorted(member.holds)
        if reason == UNIFIED_HOLD and repaying.holder_of(ref) == main.id
    ]
    for ref in held:
        member.release(draft, UNIFIED_HOLD, ref)
    announce_relationship(draft, main, member, "ended", command.head.correlation_id)
    if held:
        resume(draft, member, cause=command.head.cause, correlation_id=command.head.correlation_id)


def transfer(
    draft: Draft, payer: WorkingAccount, member: WorkingAccount, amount_minor: int, cause: str
) -> None:
    """From the main account to its member; two entries through the clearing account, each local to its own.

    Raises:
        Refused: `same_account`, `account_parked`, `no_relationship`, `overdue`, `insufficient_funds`. Rule: R9.2a.
    """
    _check_pair(payer, member)
    if draft.repaying.main_of(member.id) != payer.id:
        raise Refused(
            "no_relationship",
            f"account {member.external_id} is no valid member of {payer.external_id}; "
            "events relationship_requested and relationship_accepted make it one",
        )
    if any(bill.overdue and bill.state == "unsettled" for bill in payer.bills):
        raise Refused("overdue", f"account {payer.external_id} has overdue bills and sends nothing")
    available = payer.available_credit(draft.policy)
    movable = transferable_minor(payer.transferred_in_minor, payer.spendable_minor, available)
    if amount_minor > movable:
        raise Refused(
            "insufficient_funds",
            f"account {payer.external_id} may transfer up to {money_text(movable, payer.currency)}, "
            f"not {money_text(amount_minor, payer.currency)}",
        )
    _move(draft, payer, member, amount_minor, cause)
    member.transferred_in_minor += amount_minor
    member.returnable_minor += amount_minor


def pull_back(
    draft: Draft, main: WorkingAccount, member: WorkingAccount, amount_minor: int, cause: str
) -> None:
    """What the main account sent and the member has not spent comes back. Rule: R9.2b.

    Raises:
        Refused: as `transfer`, but for `overdue`.
    """
    _check_pair(member, main)
    if draft.repaying.main_of(member.id) != main.id:
        raise Refused(
            "no_relationship", f"account {member.external_id} is no valid member of {main.external_id}"
        )
    movable = returnable_minor(member.returnable_minor, member.spendable_minor)
    if amount_minor > movable:
        raise Refused(
            "insufficient_funds",
            f"{money_text(movable, member.currency)} of what account {member.external_id} was sent can come back, "
            f"not {money_text(amount_minor, member.currency)}",
        )
    _move(draft, member, main, amount_minor, cause)
    member.transferred_in_minor -= amount_minor
    member.returnable_minor -= amount_minor


def _check_pair(payer: WorkingAccount, receiver: WorkingAccount) -> None:
    if payer is receiver:
        raise Refused("same_account", f"account {payer.external_id} cannot transfer to itself")
    if payer.parked:
        raise Refused("account_parked", f"account {payer.external_id} is parked")


def _move(
    draft: Draft, payer: WorkingAccount, receiver: WorkingAccount, amount_minor: int, cause: str
) -> None:
    payer.cash_minor -= amount_minor
    receiver.cash_minor += amount_minor
    payer.touched = receiver.touched = True
    draft.transfer(payer, ("cash", 0), ("transfer_clearing", 0), amount_minor, cause)
    draft.transfer(receiver, ("transfer_clearing", 0), ("cash", 0), amount_minor, cause)


def _member_of(draft: Draft, one: WorkingAccount, other: WorkingAccount) -> int | None:
    """Which of the two is the other's member."""
    for member, main in ((one, other), (other, one)):
        known = draft.repaying.relationships.get(member.id)
        if known is not None and known.main_id == main.id:
            return member.id
    return None


def _relationship(draft: Draft, main: WorkingAccount, member: WorkingAccount) -> Relationship:
    known = draft.repaying.relationships.get(member.id)
    if known is None or known.main_id != main.id:
        raise Refused(
            "no_relationship",
            f"accounts {main.external_id} and {member.external_id} have no relationship that is not ended",
        )
    return known


def _tie(draft: Draft, known: Relationship) -> str:
    main = draft.accounts.get(known.main_id)
    name = "another account" if main is None else f"account {main.external_id}"
    return f"is tied to {name} already ({known.state})"
