"""Ends manual payments whose lease is over, so that automatic write-off goes on. Rule: R8.2c."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from settlement.model.policies.policy import Policy
from settlement.operations.schedule.isolation import Failures, in_one_or_in_halves
from settlement.operations.settle import settle
from settlement.plans.payments.payments import plan_expired_payments
from settlement.storage.load.scope import Scope
from settlement.storage.store import Store
from settlement.storage.work.payments import accounts_with_expired

# Accounts in one transaction.
BATCH = 500


def expire_payments(store: Store, *, at: datetime, policy: Policy, batch: int = BATCH) -> int:
    """Ends what has gone on for too long by `at` (UTC). Returns how many accounts it looked at.

    A batch that fails is halved until the account at fault is alone; that one waits for the next look, and its failure
    is raised when all others are done.

    Raises:
        Unavailable: PostgreSQL is down or busy; what is left is done by the next look.
    """
    after, done, failures = 0, 0, Failures()
    while True:
        with store.transaction() as tx:
            ids = accounts_with_expired(tx, at, after=after, limit=batch)
        _expire(store, ids, at, policy, failures)
        done += len(ids)
        if len(ids) < batch:
            failures.raise_first()
            return done
        after = ids[-1]


def _expire(store: Store, ids: Sequence[int], at: datetime, policy: Policy, failures: Failures) -> None:
    """What has ended meanwhile is not ended again: the plan looks at the payments under the locks."""

    def expire(tx: Connection, some: Sequence[int]) -> None:
        settle(tx, Scope(ids=some), partial(plan_expired_payments, at=at, policy=policy), at=at)

    in_one_or_in_halves(store, ids, expire, failures)
