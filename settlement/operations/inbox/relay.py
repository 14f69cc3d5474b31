"""Publishes what the outbox holds. At least once: a relay that dies after publishing publishes again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from settlement.storage.store import Store
from settlement.storage.work import outbox
from settlement.storage.work.outbox import OutboxRow
from settlement.storage.work.programs import webhooks


def relay(store: Store, publish: Callable[[Sequence[OutboxRow]], None], *, limit: int) -> int:
    """Hands up to `limit` unpublished announcements to `publish` and marks them. Returns how many.

    In the same transaction they are noted for every endpoint of webhooks that wants them. `publish` raises when it
    cannot be sure that all went out; then none is marked or noted, and all come again, under the same ids. While
    another relay is at work there is nothing to do here. Rule: R13.2b, R13.3a.

    Raises:
        Unavailable: PostgreSQL is down or busy.
    """
    with store.transaction() as tx:
        rows = outbox.claim(tx, limit) if outbox.begin_relay(tx) else []
        if rows:
            webhooks.add(tx, [row.id for row in rows])
            publish(rows)
            outbox.mark_published(tx, [row.id for row in rows])
        return len(rows)


def begin_epoch(store: Store) -> int:
    """Begins an epoch of announcements by hand, after a restore that the database cannot know of. Rule: R13.2a."""
    with store.transaction() as tx:
        return outbox.begin_epoch(tx)
