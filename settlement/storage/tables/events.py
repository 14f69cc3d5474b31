"""Events in and announcements out, with the web addresses that these are delivered to."""

from __future__ import annotations

from typing import Literal

from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, numbered, optional, required, table
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

OUTBOX_EPOCH = table(
    "outbox_epoch",
    key("epoch", kinds.BIGINT),
    required("first_id", kinds.BIGINT),
    required("place", kinds.TEXT),
    required("began_at", kinds.TIMESTAMPTZ),
)

WEBHOOK_PAUSE = enum("webhook_pause", Literal["by_hand", "gone", "failing"])

WEBHOOK_ENDPOINT = table(
    "webhook_endpoint",
    key("id", kinds.TEXT),
    required("url", kinds.TEXT),
    optional("topics", kinds.TEXTS),
    optional("accounts", kinds.TEXTS),
    optional("source", kinds.TEXT),
    required("secret", kinds.TEXT),
    optional("previous_secret", kinds.TEXT),
    optional("previous_until", kinds.TIMESTAMPTZ),
    required("created_at", kinds.TIMESTAMPTZ),
    optional("paused_at", kinds.TIMESTAMPTZ),
    optional("paused_because", WEBHOOK_PAUSE),
    required("fails", kinds.INTEGER),
    optional("rests_until", kinds.TIMESTAMPTZ),
    optional("last_success_at", kinds.TIMESTAMPTZ),
)

WEBHOOK_DELIVERY = table(
    "webhook_delivery",
    key("endpoint_id", kinds.TEXT, "webhook_endpoint.id"),
    key("outbox_id", kinds.BIGINT),
    required("account_id", kinds.BIGINT),
    required("attempts", kinds.INTEGER),
    optional("status", kinds.SMALLINT),
    optional("response", kinds.TEXT),
    optional("tried_at", kinds.TIMESTAMPTZ),
    optional("delivered_at", kinds.TIMESTAMPTZ),
)

WEBHOOK_LANE = table(
    "webhook_lane",
    key("endpoint_id", kinds.TEXT, "webhook_endpoint.id"),
    key("account_id", kinds.BIGINT),
    required("due_at", kinds.TIMESTAMPTZ),
)
