"""Messages that were set aside as they are presented, without their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure

if TYPE_CHECKING:
    from settlement.queries.quarantine import QuarantineView

MESSAGES: Fields[QuarantineView] = (
    figure("id", "id", lambda row: row.id, seen=lambda row: str(row.id)),
    Field("received_at", "received", lambda row: row.received_at),
    Field("queue", "queue", lambda row: row.queue),
    Field("task", "task", lambda row: row.task),
    figure("size", "bytes", lambda row: row.size),
    Field("kept_bytes", "", lambda row: row.kept_bytes),
    figure("times", "times", lambda row: row.times),
    Field("sha256", "", lambda row: row.sha256.hex()),
    Field("state", "state", lambda row: row.state),
    Field("code", "", lambda row: row.code),
    Field("reason", "reason", lambda row: row.reason, seen=lambda row: f"{row.code}: {row.reason}"),
    Field("finished_at", "", lambda row: row.finished_at),
)
