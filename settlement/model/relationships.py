"""Billing relationships: who may pay for whom. Rule: R9.1."""

from __future__ import annotations

from typing import Literal, NamedTuple

from settlement.model.accounts import AccountId

RelationshipState = Literal["pending", "valid", "ended"]


class Relationship(NamedTuple):
    """A member account's tie to its main account, not ended. A member has at most one. Rule: R9.1."""

    id: int
    main_id: AccountId
    member_id: AccountId
    state: RelationshipState
