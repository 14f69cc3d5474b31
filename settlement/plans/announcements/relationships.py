"""Announcements about billing relationships."""

from __future__ import annotations

from settlement.model.announcements.facts import RelationshipFacts
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft


def announce_relationship(
    draft: Draft, main: WorkingAccount, member: WorkingAccount, state: str, correlation_id: str
) -> None:
    """`relationship.requested`, `.valid` or `.ended`."""
    facts = RelationshipFacts(main.external_id, member.external_id)
    draft.announce(main, f"relationship.{state}", facts, correlation_id)
