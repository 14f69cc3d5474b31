"""Senders and keys as they are presented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields

if TYPE_CHECKING:
    from settlement.model.policies.senders import SenderView
    from settlement.queries.programs.senders import KeyView

SENDERS: Fields[SenderView] = (
    Field("source", "source", lambda row: row.source),
    Field("event_types", "may send", lambda row: row.event_types,
          seen=lambda row: "everything" if row.event_types is None else ", ".join(row.event_types)),
    Field("accounts", "about", lambda row: row.accounts,
          seen=lambda row: "every account" if row.accounts is None else ", ".join(row.accounts)),
    Field("role", "role", lambda row: row.role),
    Field("created_at", "since", lambda row: row.created_at),
    Field("ended_at", "ended", lambda row: row.ended_at),
)  # fmt: skip
KEYS: Fields[KeyView] = (
    Field("key", "key", lambda row: row.id),
    Field("source", "source", lambda row: row.source),
    Field("scopes", "scopes", lambda row: row.scopes, seen=lambda row: ", ".join(row.scopes)),
    Field("created_at", "created", lambda row: row.created_at),
    Field("expires_at", "expires", lambda row: row.expires_at),
    Field("revoked_at", "revoked", lambda row: row.revoked_at),
    Field("last_used_at", "last used", lambda row: row.last_used_at),
)
