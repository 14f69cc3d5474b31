"""Senders and their keys as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

# A sender that had been ended is opened again, with what it may say now.
_REGISTER = text("""
    INSERT INTO sender (source, event_types, accounts, role)
    VALUES (:source, CAST(:event_types AS text[]), CAST(:accounts AS text[]), :role)
    ON CONFLICT (source) DO UPDATE
    SET event_types = excluded.event_types, accounts = excluded.accounts, role = excluded.role, ended_at = NULL""")
_ROLE = text("""
    SELECT (SELECT source FROM sender WHERE role = :role),
           EXISTS (SELECT 1 FROM pg_roles WHERE rolname = :role AND NOT rolsuper AND rolname <> current_user)""")
_END = text(
    "UPDATE sender SET ended_at = coalesce(ended_at, clock_timestamp()) WHERE source = :source RETURNING source"
)
_ADD_KEY = text("""
    INSERT INTO api_key (id, source, scopes, digest, expires_at)
    VALUES (:id, :source, CAST(:scopes AS text[]), :digest, :expires_at)""")
_REVOKE = text(
    "UPDATE api_key SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = :id RETURNING id"
)
# One write a minute, however many requests there are.
_USED = text("""
    UPDATE api_key SET last_used_at = clock_timestamp()
    WHERE id = :id AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')""")


def register(
    tx: Connection,
    source: str,
    event_types: Sequence[str] | None,
    accounts: Sequence[str] | None,
    role: str | None,
) -> None:
    """Makes a source known, or changes what it may send."""
    lists = {"event_types": event_types and list(event_types), "accounts": accounts and list(accounts)}
    tx.execute(_REGISTER, {"source": source, "role": role, **lists})


def role(tx: Connection, name: str) -> tuple[str | None, bool]:
    """Whose role it is already, and whether there is one of this name that may be a sender's."""
    source, exists = tx.execute(_ROLE, {"role": name}).one()
    return source, exists


def end(tx: Connection, source: str) -> bool:
    """From now on the source may send nothing; false where it is not known."""
    return tx.execute(_END, {"source": source}).one_or_none() is not None


def add_key(
    tx: Connection,
    key_id: str,
    source: str,
    scopes: Sequence[str],
    digest: bytes,
    expires_at: datetime | None,
) -> None:
    """Keeps a key of a known source."""
    row = {"id": key_id, "source": source, "scopes": list(scopes), "digest": digest, "expires_at": expires_at}
    tx.execute(_ADD_KEY, row)


def revoke(tx: Connection, key_id: str) -> bool:
    """The key opens nothing any more; false where it is not known."""
    return tx.execute(_REVOKE, {"id": key_id}).one_or_none() is not None


def note_use(tx: Connection, key_id: str) -> None:
    """Notes that the key was used now."""
    tx.execute(_USED, {"id": key_id})
