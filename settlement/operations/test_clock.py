"""The test clock, for people who try things out. It is obeyed only where a setting allows it."""

from __future__ import annotations

from datetime import datetime

from settlement.storage.store import Store
from settlement.storage.work import test_clock as clock


def read(store: Store) -> datetime | None:
    """The instant at which it stands (UTC), or None when it was never set."""
    with store.transaction() as tx:
        return clock.read(tx)


def move(store: Store, at: datetime) -> None:
    """Sets it forwards; it stands still until it is moved again.

    Raises:
        Refused: `clock_backwards`, because what was booked later, or is on record as done, cannot be undone.
    """
    with store.transaction() as tx:
        clock.move(tx, at)
