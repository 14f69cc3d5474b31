"""Billing relationships as they are presented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields

if TYPE_CHECKING:
    from settlement.queries.relationships import RelationshipView

RELATIONSHIPS: Fields[RelationshipView] = (
    Field("number", "", lambda row: row.number),
    Field("main", "main account", lambda row: row.main),
    Field("member", "member", lambda row: row.member),
    Field("state", "state", lambda row: row.state),
    Field("requested_at", "requested", lambda row: row.requested_at),
    Field("valid_at", "valid since", lambda row: row.valid_at),
    Field("ended_at", "ended", lambda row: row.ended_at),
)
