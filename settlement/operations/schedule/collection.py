"""The accounts whose time to be charged, reminded or suspended has come. Rule: R3.4, R5.2, R5.4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.operations.schedule.isolation import Failures, in_one_or_in_halves
from settlement.operations.settle import settle
from settlement.plans.charges.collection import plan_sweep
from settlement.plans.charges.dunning import plan_follow_up
from settlement.storage.load.scope import Scope
from settlement.storage.store import Store
from settlement.storage.work import collection
from settlement.storage.work.runs import ClaimedRange

# Accounts planned for in one transaction.
BATCH = 500


def collect_due(store: Store, *, at: datetime, policy: Policy, batch: int = BATCH) -> int:
    """Starts the charges whose threshold is reached and does what follows from declines, up to `at` (UTC).

    Returns how many accounts it looked at: those found by index, not all there are. Doing it twice, late or beside
    another process changes nothing. An account that fails, or is locked, keeps no other from its turn; the first such
    failure is raised when all had theirs.

    Raises:
        Unavailable: PostgreSQL is down or busy; the next tick finds the rest.
    """
    examined, failures = 0, Failures()
    after: int | None = 0
    while after is not None:
        with store.transaction() as tx:
            ids, after = collection.reached(tx, after=after, limit=batch)
        _follow_up(store, ids, at, policy, failures)
        examined += len(ids)
    # Each batch moves its accounts on, so none is found again but those that failed; the bound is against a fault.
    seen: set[int] = set()
    failed: list[int] = []
    while ids := _due(store, at=at, without=failed, batch=batch):
        examined += len(ids)
        failed += _follow_up(store, ids, at, policy, failures)
        if seen.issuperset(ids):
            break
        seen.update(ids)
    failures.raise_first()
    return examined


def _due(store: Store, *, at: datetime, without: Iterable[int], batch: int) -> list[int]:
    with store.transaction() as tx:
        return collection.due(tx, at, batch, without=without)


def _follow_up(
    store: Store, ids: Sequence[int], at: datetime, policy: Policy, failures: Failures
) -> list[int]:
    return in_one_or_in_halves(store, ids, partial(follow_up, at=at, policy=policy), failures)


def follow_up(
    tx: Connection, ids: Sequence[int], *, at: datetime, policy: Policy, dry_run: bool = False
) -> Report:
    """Charges what has reached its threshold and does what follows from declines, in the caller's transaction."""
    plan = partial(plan_follow_up, products=collection.products(tx, ids), at=at, policy=policy)
    return settle(tx, Scope(ids=sorted(ids)), plan, at=at, dry_run=dry_run)


def sweep_range(tx: Connection, part: ClaimedRange, policy: Policy) -> Report:
    """The month-end sweep of a range, under its logical instant, in the caller's transaction. Rule: R3.3."""
    ids = collection.to_sweep(tx, part.cycle, part.first_account_id, part.last_account_id)
    return sweep_accounts(tx, ids, f"run:{part.run_id}", part.cycle, part.logical_at, policy)


def sweep_accounts(
    tx: Connection,
    ids: list[int],
    correlation_id: str,
    cycle: Cycle,
    at: datetime,
    policy: Policy,
    *,
    dry_run: bool = False,
) -> Report:
    """The month-end sweep of these accounts under its logical instant, in the caller's transaction."""
    plan = partial(plan_sweep, cycle=cycle, correlation_id=correlation_id, at=at, policy=policy)
    return settle(tx, Scope(ids=ids), plan, at=at, dry_run=dry_run)
