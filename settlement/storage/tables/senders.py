"""Senders that are known, and the keys of their programs."""

from __future__ import annotations

from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, required, table

SENDER = table(
    "sender",
    key("source", kinds.TEXT),
    optional("event_types", kinds.TEXTS),
    optional("accounts", kinds.TEXTS),
    required("created_at", kinds.TIMESTAMPTZ),
    optional("ended_at", kinds.TIMESTAMPTZ),
    optional("role", kinds.TEXT),
)

API_KEY = table(
    "api_key",
    key("id", kinds.TEXT),
    required("source", kinds.TEXT, "sender.source"),
    required("scopes", kinds.TEXTS),
    required("digest", kinds.BYTEA),
    required("created_at", kinds.TIMESTAMPTZ),
    optional("expires_at", kinds.TIMESTAMPTZ),
    optional("revoked_at", kinds.TIMESTAMPTZ),
    optional("last_used_at", kinds.TIMESTAMPTZ),
)
