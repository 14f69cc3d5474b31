"""Billing relationships, and transfers between their accounts, as they are presented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import money

if TYPE_CHECKING:
    from settlement.queries.relationships import RelationshipView, TransferRecordView

RELATIONSHIPS: Fields[RelationshipView] = (
    Field("number", "", lambda row: row.number),
    Field("main", "main account", lambda row: row.main),
    Field("member", "member", lambda row: row.member),
    Field("state", "state", lambda row: row.state),
    Field("requested_at", "requested", lambda row: row.requested_at),
    Field("valid_at", "valid since", lambda row: row.valid_at),
    Field("ended_at", "ended", lambda row: row.ended_at),
)
_KINDS = {"sent": "sent to a member", "pulled_back": "pulled back"}
TRANSFERS: Fields[TransferRecordView] = (
    Field("transferred_at", "at", lambda row: row.posted_at),
    Field("from_account", "from", lambda row: row.payer),
    Field("to_account", "to", lambda row: row.receiver),
    figure("amount", "amount", lambda row: money(row.amount_minor, row.currency)),
    Field("kind", "what it is", lambda row: row.kind, seen=lambda row: _KINDS[row.kind]),
    Field("main", "", lambda row: row.main),
    Field("member", "", lambda row: row.member),
    Field("operation", "", lambda row: row.event),
    Field("entry", "", lambda row: row.entry),
)
