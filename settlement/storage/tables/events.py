"""Events in and announcements out."""

from __future__ import annotations

from typing import Literal

from settlement.storage.tables import kinds
from settlement.storage.tables.columns import numbered, optional, required, table
from settlement.storage.tables.kinds import enum

INBOX_STATE = enum("inbox_state", Literal["waiting", "done", "refused", "parked"])

INBOX = table(
    "inbox",
    numbered("id"),
    required("source", kinds.TEXT),
    required("event_id", kinds.TEXT),
    required("type", kinds.TEXT),
    required("account", kinds.TEXT),
    required("data", kinds.JSONB),
    optional("occurred_at", kinds.TIMESTAMPTZ),
    optional("correlation_id", kinds.TEXT),
    required("door", kinds.TEXT),
    required("state", INBOX_STATE),
    optional("reason_code", kinds.TEXT),
    optional("reason", kinds.TEXT),
    required("attempts", kinds.SMALLINT),
    optional("conflict_of", kinds.BIGINT),
    required("received_at", kinds.TIMESTAMPTZ),
    optional("finished_at", kinds.TIMESTAMPTZ),
    optional("sent_by", kinds.TEXT),
    optional("dismissed_at", kinds.TIMESTAMPTZ),
    optional("dismissed_by", kinds.TEXT),
    optional("dismissed_because", kinds.TEXT),
)

OUTBOX = table(
    "outbox",
    numbered("id"),
    required("account_id", kinds.BIGINT),
    required("topic", kinds.TEXT),
    required("payload", kinds.JSONB),
    required("correlation_id", kinds.TEXT),
    required("created_at", kinds.TIMESTAMPTZ),
    optional("published_at", kinds.TIMESTAMPTZ),
)
