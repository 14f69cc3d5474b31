"""Sums over all bills, counted anew by the upkeep. Rule: R14.4."""

from __future__ import annotations

from time import perf_counter

from settlement.storage.store import Store
from settlement.storage.work.operating import bill_sums

# Counting takes a twentieth of one session's time at most, however many bills there are.
_TIMES = 20.0


def count_bills(store: Store) -> float | None:
    """Counts and keeps the sums, unless it is not long since; how many seconds it took, or None."""
    with store.transaction() as tx:
        if not bill_sums.is_due(tx, times=_TIMES):
            return None
        began = perf_counter()
        bill_sums.count(tx)
        took_s = perf_counter() - began
        bill_sums.took(tx, took_s)
    return took_s
