"""Sums over all bills, counted anew by the upkeep. Rule: R14.4."""

from __future__ import annotations

from settlement.storage.store import Store
from settlement.storage.work.operating import bill_sums

# Counting takes a twentieth of one session's time at most, however many bills there are.
_TIMES = 20.0


def count_bills(store: Store) -> float | None:
    """Counts and keeps the sums; how many seconds it took. None where it is not long since, or somebody else counts."""
    with store.transaction() as tx:
        return bill_sums.count(tx) if bill_sums.is_due(tx, times=_TIMES) else None
