"""Manual payments whose lease is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

_EXPIRED = text("""
    SELECT p.account_id FROM bill_payment p JOIN account a ON a.id = p.account_id AND a.parked_at IS NULL
    WHERE p.state = 'running' AND p.lease_until <= :at AND p.account_id > :after ORDER BY p.account_id LIMIT :limit""")


def accounts_with_expired(tx: Connection, at: datetime, *, after: int, limit: int) -> list[int]:
    """The next accounts, by id, with a payment that has gone on for too long by `at` (UTC). Parked ones wait."""
    return list(tx.scalars(_EXPIRED, {"at": at, "after": after, "limit": limit}))
