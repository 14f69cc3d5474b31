"""Ends manual payments whose lease is over, so that automatic write-off goes on. Rule: R8.2c."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from settlement.model.policy import Policy
from settlement.operations.settle import settle
from settlement.plans.payments import plan_expired_payments
from settlement.storage.load import Scope
from settlement.storage.payments import accounts_with_expired
from settlement.storage.store import Store

# Accounts in one transaction.
BATCH = 500


def expire_payments(store: Store, *, at: datetime, policy: Policy, batch: int = BATCH) -> int:
    """Ends what has gone on for too long by `at` (UTC). Returns how many accounts it looked at.

    Raises:
        Unavailable: PostgreSQL is down or busy; what is left is done by the next look.
    """
    after, done = 0, 0
    while True:
        with store.transaction() as tx:
            ids = accounts_with_expired(tx, at, after=after, limit=batch)
            if ids:
                settle(tx, Scope(ids=ids), partial(plan_expired_payments, at=at, policy=policy), at=at)
        done += len(ids)
        if len(ids) < batch:
            return done
        after = ids[-1]
