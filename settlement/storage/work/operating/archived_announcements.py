"""Announcements on their way out of the database: which of them may go, and their rows. Rule: R11.12."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from settlement.storage.sql.arrays import id_array, text_array
from settlement.storage.work.operating.archives import streamed

# Announcements that say of an account what holds of it stay: the audit asks for them.
KEPT_TOPICS = ("account.parked", "account.released", "account.resumed")
# The last one stays too, so that there is one after which to go on.
# Locked, since nobody may want one of them delivered again while it is written out: there is nothing to deliver then.
_ANNOUNCEMENTS = text("""
    SELECT o.id FROM outbox o
    WHERE o.published_at IS NOT NULL AND o.created_at < :before_at
      AND o.published_at < (SELECT max(published_at) FROM outbox WHERE published_at IS NOT NULL)
      AND o.topic <> ALL(CAST(:kept AS text[]))
      AND NOT EXISTS (SELECT 1 FROM webhook_endpoint e
                      JOIN webhook_delivery d ON d.endpoint_id = e.id AND d.outbox_id = o.id)
    ORDER BY o.published_at, o.id LIMIT :limit FOR UPDATE OF o""")
# Asked when they are locked: until then a delivery may have come.
_NOT_WANTED = text("""
    SELECT v.id FROM unnest(CAST(:ids AS bigint[])) AS v (id)
    WHERE NOT EXISTS (SELECT 1 FROM webhook_endpoint e
                      JOIN webhook_delivery d ON d.endpoint_id = e.id AND d.outbox_id = v.id)""")
_ANNOUNCEMENT_ROWS = text("""
    SELECT (SELECT max(epoch) FROM outbox_epoch WHERE first_id <= o.id) AS epoch, o.id, o.account_id, o.topic,
           CAST(o.payload AS text) AS payload, o.correlation_id, o.created_at, o.published_at
    FROM outbox o WHERE o.id = ANY(CAST(:ids AS bigint[])) ORDER BY o.published_at, o.id""")
_LAST_OF = text("""
    SELECT published_at, id FROM outbox WHERE id = ANY(CAST(:ids AS bigint[]))
    ORDER BY published_at DESC, id DESC LIMIT 1""")
_DELETE_ANNOUNCEMENTS = text(
    "DELETE FROM outbox WHERE id = ANY(CAST(:ids AS bigint[])) AND published_at IS NOT NULL"
)


def announcements(tx: Connection, before_at: datetime, *, limit: int) -> list[int]:
    """Announcements made before an instant that were published and delivered, in the order of their publication. They
    are locked to the end of the transaction.
    """
    parameters = {"before_at": before_at, "kept": text_array(KEPT_TOPICS), "limit": limit}
    while chosen := list(tx.scalars(_ANNOUNCEMENTS, parameters)):
        not_wanted = set(tx.scalars(_NOT_WANTED, {"ids": id_array(chosen)}))
        if not_wanted:
            return [one for one in chosen if one in not_wanted]
    return []


def announcement_rows(tx: Connection, ids: Sequence[int]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """These announcements as they are written out, some at a time. `payload` is JSON text."""
    return streamed(tx, _ANNOUNCEMENT_ROWS, {"ids": id_array(ids)})


def last_published(tx: Connection, ids: Sequence[int]) -> tuple[datetime, int]:
    """When the last of these announcements was published, and its number."""
    row = tx.execute(_LAST_OF, {"ids": id_array(ids)}).one()
    return row[0], row[1]


def remove_announcements(tx: Connection, ids: Sequence[int]) -> int:
    """Deletes them: how many."""
    return tx.execute(_DELETE_ANNOUNCEMENTS, {"ids": id_array(ids)}).rowcount
