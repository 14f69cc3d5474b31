"""Forgets deliveries that have been over for long: there is one for every announcement and endpoint. Rule: R13.3i."""

from __future__ import annotations

from collections.abc import Callable

from settlement.storage.store import Store
from settlement.storage.work.programs import webhooks

# What one transaction deletes.
BATCH = 5_000


def forget_delivered(
    store: Store, *, days: int, may_continue: Callable[[], bool] = lambda: True, batch: int = BATCH
) -> int:
    """Deletes what was delivered more than so many days ago, in batches. How many.

    What waits stays, and all of an endpoint that is paused. The announcements stay in the outbox: a range of them can
    be delivered again however old it is.

    Raises:
        Unavailable: PostgreSQL is down or busy; what was deleted before is.
    """
    total = 0
    while may_continue():
        with store.transaction() as tx:
            count = webhooks.forget(tx, days=days, most=batch)
        total += count
        if count < batch:
            break
    return total
