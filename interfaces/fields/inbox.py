"""Events as they are presented, without their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure

if TYPE_CHECKING:
    from settlement.queries.inbox import InboxView

EVENTS: Fields[InboxView] = (
    figure("id", "id", lambda row: row.id, seen=lambda row: str(row.id)),
    Field("received_at", "received", lambda row: row.received_at),
    Field("type", "type", lambda row: row.type),
    Field("account", "account", lambda row: row.account),
    Field("source", "source", lambda row: row.source),
    Field("event_id", "event id", lambda row: row.event_id),
    Field("state", "state", lambda row: row.state),
    Field("reason_code", "", lambda row: row.reason_code),
    Field("reason", "reason", lambda row: row.reason,
          seen=lambda row: None if row.reason is None else f"{row.reason_code}: {row.reason}"),
    Field("dismissed_at", "", lambda row: row.dismissed_at),
    Field("dismissed_by", "dismissed by", lambda row: row.dismissed_by),
    Field("dismissed_because", "", lambda row: row.dismissed_because),
    Field("attempts", "", lambda row: row.attempts),
    Field("door", "", lambda row: row.door),
    Field("occurred_at", "", lambda row: row.occurred_at),
    Field("correlation_id", "", lambda row: row.correlation_id),
    Field("conflict_of", "", lambda row: row.conflict_of),
    Field("finished_at", "", lambda row: row.finished_at),
)  # fmt: skip
