"""Billing relationships at this point of a plan. Rule: R9.1."""

from __future__ import annotations

from collections import Counter

from settlement.model.accounts import AccountId
from settlement.model.relationships import Relationship, RelationshipState
from settlement.model.snapshot import KnownRelationships


class WorkingRelationships:
    """Relationships that are not ended, by member, and those this plan has changed."""

    def __init__(self, known: KnownRelationships) -> None:
        self.by_member: dict[AccountId, Relationship] = {
            relationship.member_id: relationship for relationship in known.of_members
        }
        self.members_of: Counter[int] = Counter(known.members_of)
        self.changed: dict[int, Relationship] = {}

    def relate(
        self, relationship_id: int, main_id: AccountId, member_id: AccountId, state: RelationshipState
    ) -> None:
        """The relationship is in this state from now on."""
        now = Relationship(relationship_id, main_id, member_id, state)
        self.changed[relationship_id] = now
        if state == "ended":
            del self.by_member[member_id]
            self.members_of[main_id] -= 1
        else:
            if member_id not in self.by_member:
                self.members_of[main_id] += 1
            self.by_member[member_id] = now

    def main_of(self, member_id: AccountId) -> AccountId | None:
        """The account that may pay for this one now: its main account by a valid relationship."""
        found = self.by_member.get(member_id)
        return found.main_id if found is not None and found.state == "valid" else None
