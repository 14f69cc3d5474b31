"""Users of the console, their sessions, what they did, and what waits for a second person."""

from __future__ import annotations

from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, numbered, optional, required, table

CONSOLE_USER = table(
    "console_user",
    key("name", kinds.TEXT),
    required("role", kinds.TEXT),
    optional("password", kinds.TEXT),
    required("created_at", kinds.TIMESTAMPTZ),
    optional("disabled_at", kinds.TIMESTAMPTZ),
    required("failures", kinds.SMALLINT),
    optional("locked_until", kinds.TIMESTAMPTZ),
    optional("subject", kinds.TEXT),
)

CONSOLE_SESSION = table(
    "console_session",
    key("digest", kinds.BYTEA),
    required("name", kinds.TEXT, "console_user.name"),
    required("kind", kinds.TEXT),
    required("created_at", kinds.TIMESTAMPTZ),
    required("expires_at", kinds.TIMESTAMPTZ),
)

CONSOLE_ACT = table(
    "console_act",
    numbered("id"),
    required("at", kinds.TIMESTAMPTZ),
    required("actor", kinds.TEXT),
    required("role", kinds.TEXT),
    required("action", kinds.TEXT),
    optional("account", kinds.TEXT),
    optional("reason", kinds.TEXT),
    optional("event_id", kinds.TEXT),
    required("details", kinds.JSONB),
    optional("outcome", kinds.TEXT),
    optional("approved_by", kinds.TEXT),
)

CONSOLE_REQUEST = table(
    "console_request",
    numbered("id"),
    required("event_id", kinds.TEXT),
    required("made_at", kinds.TIMESTAMPTZ),
    required("expires_at", kinds.TIMESTAMPTZ),
    required("maker", kinds.TEXT, "console_user.name"),
    required("role", kinds.TEXT),
    required("action", kinds.TEXT),
    required("account", kinds.TEXT),
    required("data", kinds.JSONB),
    optional("reason", kinds.TEXT),
    required("amount_minor", kinds.BIGINT),
    required("currency", kinds.CURRENCY_CODE, "currency.code"),
    required("figures", kinds.JSONB),
    required("state", kinds.TEXT),
    optional("decided_by", kinds.TEXT, "console_user.name"),
    optional("decided_at", kinds.TIMESTAMPTZ),
    optional("decision_reason", kinds.TEXT),
)
