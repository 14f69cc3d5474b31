"""The outbox: announcements written in the transaction of the change they announce, published afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.announcements.ids import announcement_id
from settlement.model.rows.announcements import Announcement
from settlement.storage.sql import advisory
from settlement.storage.sql.copy import copy_rows
from settlement.storage.tables.events import OUTBOX

_CLAIM = text("""
    SELECT (SELECT max(epoch) FROM outbox_epoch WHERE first_id <= o.id), o.id, o.topic, CAST(o.payload AS text),
           o.correlation_id, o.created_at
    FROM outbox o WHERE o.published_at IS NULL ORDER BY o.id LIMIT :limit""")
# Later than all that was published before, whatever the clock does: it is the order in which others catch up.
_PUBLISHED = text("""
    UPDATE outbox SET published_at = (SELECT greatest(clock_timestamp(), max(published_at) + interval '1 microsecond')
                                      FROM outbox WHERE published_at IS NOT NULL)
    WHERE id = ANY(CAST(:ids AS bigint[]))""")
_BEGIN_EPOCH = text("SELECT begin_outbox_epoch()")
_NOW = text("SELECT clock_timestamp()")


class OutboxRow(NamedTuple):
    """One announcement; `payload` is JSON text."""

    epoch: int
    id: int
    topic: str
    payload: str
    correlation_id: str
    created_at: datetime

    @property
    def announcement_id(self) -> str:
        """By which a consumer drops what it has seen before."""
        return announcement_id(self.epoch, self.id)


def begin_relay(tx: Connection) -> bool:
    """Only one relay is at work at a time, so that the order holds; false while another one is, until its end."""
    return advisory.try_lock(tx, advisory.Advisory.RELAY)


def begin_epoch(tx: Connection) -> int:
    """Numbers from here on are of a new epoch. Returns its name."""
    return int(tx.execute(_BEGIN_EPOCH).scalar_one())


def now(tx: Connection) -> datetime:
    """What the database's own clock shows, for what is announced of no account."""
    found: datetime = tx.execute(_NOW).scalar_one()
    return found


def announce(tx: Connection, announcements: Sequence[Announcement], *, at: datetime) -> None:
    """Writes announcements in the order given, under the instant `at` (UTC)."""
    copy_rows(tx, OUTBOX, Announcement, announcements, created_at=at)


def claim(tx: Connection, limit: int) -> list[OutboxRow]:
    """Unpublished announcements, oldest first."""
    return [OutboxRow(*row) for row in tx.execute(_CLAIM, {"limit": limit})]


def mark_published(tx: Connection, ids: Sequence[int]) -> None:
    """Marks them published."""
    tx.execute(_PUBLISHED, {"ids": list(ids)})
