"""Senders that are known, and their keys without what opens anything."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.policies.senders import Scope, SenderView
from settlement.storage.sql.columns import columns
from settlement.storage.tables.senders import API_KEY, SENDER


class KeyView(NamedTuple):
    """A key, by its public part. Instants in UTC; `last_used_at` is right to the minute."""

    id: str
    source: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class Credential(NamedTuple):
    """What a request that names a key is held against. `usable`: neither revoked nor over now."""

    id: str
    digest: bytes
    scopes: list[Scope]
    usable: bool
    sender: SenderView


_SENDERS = text(f"""
    SELECT {columns(SENDER, SenderView)} FROM sender
    WHERE CAST(:after AS text) IS NULL OR source > :after ORDER BY source LIMIT :limit""")
_SOURCES = text("SELECT source FROM sender ORDER BY source")
_OF = text(f"SELECT {columns(SENDER, SenderView)} FROM sender WHERE source = ANY(CAST(:sources AS text[]))")
_KEYS = text(f"""
    SELECT {columns(API_KEY, KeyView)} FROM api_key
    WHERE (CAST(:source AS text) IS NULL OR source = :source) AND (CAST(:after AS text) IS NULL OR id > :after)
    ORDER BY id LIMIT :limit""")
_KEY = text(f"SELECT {columns(API_KEY, KeyView)} FROM api_key WHERE id = :id")
_CREDENTIAL = text(f"""
    SELECT k.id, k.digest, k.scopes,
           k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp()),
           {columns(SENDER, SenderView, "s")}
    FROM api_key k JOIN sender s ON s.source = k.source WHERE k.id = :id""")


def senders(tx: Connection, *, limit: int, after: str | None = None) -> list[SenderView]:
    """Known senders by source, from the one after `after` on."""
    return [_sender(row) for row in tx.execute(_SENDERS, {"limit": limit, "after": after})]


def sources(tx: Connection) -> list[str]:
    """The sources of all senders that are known, also of those that were ended."""
    return list(tx.scalars(_SOURCES))


def of_sources(tx: Connection, sources: Collection[str]) -> dict[str, SenderView]:
    """Those of these sources that are known."""
    found = map(_sender, tx.execute(_OF, {"sources": list(sources)}))
    return {sender.source: sender for sender in found}


def sender(tx: Connection, source: str) -> SenderView:
    """A known sender.

    Raises:
        NotFound: it is not known.
    """
    found = of_sources(tx, [source])
    if source not in found:
        raise NotFound("unknown_sender", f"source {source!r} is not known; `settle senders add` adds one")
    return found[source]


def keys(tx: Connection, *, limit: int, after: str | None = None, source: str | None = None) -> list[KeyView]:
    """Keys by their public part, from the one after `after` on."""
    parameters = {"limit": limit, "after": after, "source": source}
    return [KeyView(*row) for row in tx.execute(_KEYS, parameters)]


def key(tx: Connection, key_id: str) -> KeyView:
    """A key by its public part.

    Raises:
        NotFound: there is none.
    """
    row = tx.execute(_KEY, {"id": key_id}).one_or_none()
    if row is None:
        raise NotFound("unknown_key", f"key {key_id!r} is not known; `settle keys list` shows all")
    return KeyView(*row)


def credential(tx: Connection, key_id: str) -> Credential | None:
    """What is kept of the key with this public part."""
    row = tx.execute(_CREDENTIAL, {"id": key_id}).one_or_none()
    return None if row is None else Credential(row[0], row[1], row[2], row[3], _sender(row[4:]))


def _sender(row: Sequence[Any]) -> SenderView:
    source, event_types, accounts, created_at, ended_at, role = row
    return SenderView(
        source, event_types and tuple(event_types), accounts and tuple(accounts), created_at, ended_at, role
    )
