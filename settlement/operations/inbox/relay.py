"""Publishes what the outbox holds. At least once: a relay that dies after publishing publishes again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from settlement.storage.store import Store
from settlement.storage.work import outbox
from settlement.storage.work.outbox import OutboxRow


def relay(store: Store, publish: Callable[[Sequence[OutboxRow]], None], *, limit: int) -> int:
    """Hands up to `limit` unpublished announcements to `publish` and marks them. Returns how many.

    `publish` raises when it cannot be sure that all of them went out; then none is marked, and all come again.

    Raises:
        Unavailable: PostgreSQL is down or busy.
    """
    with store.transaction() as tx:
        rows = outbox.claim(tx, limit)
        if rows:
            publish(rows)
            outbox.mark_published(tx, [row.id for row in rows])
        return len(rows)
