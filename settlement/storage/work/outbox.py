"""The outbox: announcements written in the transaction of the change they announce, published afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.rows.announcements import Announcement
from settlement.storage.sql.copy import copy_rows
from settlement.storage.tables.events import OUTBOX

_CLAIM = text("""
    SELECT id, topic, CAST(payload AS text), correlation_id, created_at FROM outbox
    WHERE published_at IS NULL ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED""")
_PUBLISHED = text("UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY(CAST(:ids AS bigint[]))")


class OutboxRow(NamedTuple):
    """One announcement; `payload` is JSON text, `id` lets a consumer drop what it has seen before."""

    id: int
    topic: str
    payload: str
    correlation_id: str
    created_at: datetime


def announce(tx: Connection, announcements: Sequence[Announcement], *, at: datetime) -> None:
    """Writes announcements in the order given, under the instant `at` (UTC)."""
    copy_rows(tx, OUTBOX, Announcement, announcements, created_at=at)


def claim(tx: Connection, limit: int) -> list[OutboxRow]:
    """Unpublished announcements that no other relay holds, oldest first."""
    return [OutboxRow(*row) for row in tx.execute(_CLAIM, {"limit": limit})]


def mark_published(tx: Connection, ids: Sequence[int]) -> None:
    """Marks them published."""
    tx.execute(_PUBLISHED, {"ids": list(ids)})
