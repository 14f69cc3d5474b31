"""Billing relationships."""

from __future__ import annotations

from settlement.model.relationships import RelationshipState
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, required, table
from settlement.storage.tables.kinds import enum

RELATIONSHIP_STATE = enum("relationship_state", RelationshipState)

BILLING_RELATIONSHIP = table(
    "billing_relationship",
    key("id", kinds.BIGINT),
    required("main_id", kinds.BIGINT, "account.id"),
    required("member_id", kinds.BIGINT, "account.id"),
    required("state", RELATIONSHIP_STATE),
    required("requested_at", kinds.TIMESTAMPTZ),
    optional("valid_at", kinds.TIMESTAMPTZ),
    optional("ended_at", kinds.TIMESTAMPTZ),
)
