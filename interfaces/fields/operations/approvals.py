"""Acts that need a second person, as they are presented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import money, words

if TYPE_CHECKING:
    from settlement.queries.people.approvals import RequestView

REQUESTS: Fields[RequestView] = (
    Field("request", "request", lambda row: row.id, seen=lambda row: str(row.id)),
    Field("made_at", "made", lambda row: row.made_at),
    Field("maker", "by", lambda row: row.maker),
    Field("action", "what", lambda row: row.action, seen=lambda row: words(row.action)),
    Field("account", "account", lambda row: row.account),
    figure("amount", "amount", lambda row: money(row.amount_minor, row.currency)),
    Field("reason", "why", lambda row: row.reason),
    Field("state", "state", lambda row: row.state),
    Field("decided_by", "decided by", lambda row: row.decided_by),
    Field("decided_at", "decided", lambda row: row.decided_at),
    Field("decision_reason", "because", lambda row: row.decision_reason),
    Field("expires_at", "waits until", lambda row: row.expires_at),
)
