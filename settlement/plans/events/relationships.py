"""Billing relationships between a main account and its members. Rule: R9.1."""

from __future__ import annotations

from settlement.errors import Refused
from settlement.model.commands.relationships import (
    RelationshipAccepted,
    RelationshipEnded,
    RelationshipRequested,
)
from settlement.model.relationships import Relationship
from settlement.model.unified_settlements import UNIFIED_HOLD
from settlement.plans.announcements.relationships import announce_relationship
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.events.batch import Batch, handle


@handle.register
def request(command: RelationshipRequested, batch: Batch) -> None:
    """Pending until the member agrees. One level only: nobody is main account and member at once."""
    draft, relationships = batch.draft, batch.draft.relationships
    main, member = batch.account(command.head.account), batch.account(command.member)
    if main is member:
        raise Refused("same_account", f"account {main.external_id} cannot be its own main account")
    if main.currency != member.currency:
        raise Refused(
            "wrong_currency",
            f"account {main.external_id} is kept in {main.currency}, {member.external_id} in {member.currency}",
        )
    if (known := relationships.by_member.get(member.id)) is not None:
        raise Refused("has_main_account", f"account {member.external_id} {_main_of(draft, known)}")
    if (above := relationships.by_member.get(main.id)) is not None:
        raise Refused(
            "is_a_member", f"account {main.external_id} is a member itself: it {_main_of(draft, above)}"
        )
    if relationships.members_of[member.id]:
        raise Refused("is_a_main_account", f"account {member.external_id} has members of its own")
    relationships.relate(command.head.inbox_id, main.id, member.id, "pending")
    announce_relationship(draft, main, member, "requested", command.head.correlation_id)


@handle.register
def accept(command: RelationshipAccepted, batch: Batch) -> None:
    """Valid from now on."""
    draft = batch.draft
    member, main = batch.account(command.head.account), batch.account(command.main)
    known = _relationship(draft, main, member)
    if known.state == "valid":
        raise Refused("already_valid", f"account {member.external_id} has agreed already")
    draft.relationships.relate(known.id, main.id, member.id, "valid")
    announce_relationship(draft, main, member, "valid", command.head.correlation_id)


@handle.register
def end(command: RelationshipEnded, batch: Batch) -> None:
    """Whatever a settlement of the main account still has open of the member is dropped, and every hold that a
    settlement of the main account has on it released, also where all its bills there are paid. Rule: R9.1c.
    """
    draft = batch.draft
    one, other = batch.account(command.head.account), batch.account(command.other)
    main, member = (one, other) if one.id != _member_of(draft, one, other) else (other, one)
    known = _relationship(draft, main, member)
    draft.relationships.relate(known.id, main.id, member.id, "ended")
    member.returnable_minor = 0
    member.touched = True
    for working in draft.unified_settlements.lines_of[member.id]:
        if working.state == "open" and working.line.main_id == main.id:
            working.end("dropped", "the relationship has ended")
    holds = [
        ref
        for reason, ref in sorted(member.holds)
        if reason == UNIFIED_HOLD and draft.unified_settlements.holder_of(ref) == main.id
    ]
    for ref in holds:
        draft.release(member, UNIFIED_HOLD, ref)
    announce_relationship(draft, main, member, "ended", command.head.correlation_id)
    if holds:
        batch.write_off(member, command.head)


def _member_of(draft: Draft, one: WorkingAccount, other: WorkingAccount) -> int | None:
    """Which of the two is the other's member."""
    for member, main in ((one, other), (other, one)):
        known = draft.relationships.by_member.get(member.id)
        if known is not None and known.main_id == main.id:
            return member.id
    return None


def _relationship(draft: Draft, main: WorkingAccount, member: WorkingAccount) -> Relationship:
    known = draft.relationships.by_member.get(member.id)
    if known is None or known.main_id != main.id:
        raise Refused(
            "no_relationship",
            f"accounts {main.external_id} and {member.external_id} have no relationship that is not ended",
        )
    return known


def _main_of(draft: Draft, known: Relationship) -> str:
    main = draft.accounts.get(known.main_id)
    name = "another account" if main is None else f"account {main.external_id}"
    return f"is related to {name} already ({known.state})"
