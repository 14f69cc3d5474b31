"""Keeps the ledger's monthly partitions ahead of time."""

from __future__ import annotations

from datetime import UTC, datetime

from settlement.storage.store import Store
from settlement.storage.work import partitions

MONTHS_AHEAD = 12


def ensure_partitions(store: Store, *, at: datetime) -> int:
    """Makes the partitions from the month of `at` on, a year ahead. Returns how many were missing.

    A month without one is booked into the default partition, so being late costs speed and nothing else.

    Raises:
        Unavailable: PostgreSQL is down, or a partition could not be added because the ledger was busy too long.
    """
    with store.transaction() as tx:
        return partitions.ensure(tx, at.astimezone(UTC).date(), MONTHS_AHEAD)
