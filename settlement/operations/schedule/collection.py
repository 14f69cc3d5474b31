"""The accounts whose time to be charged, reminded or suspended has come. Rule: R3.4, R5.2, R5.4."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.operations.settle import settle
from settlement.plans.charges.collection import plan_sweep
from settlement.plans.charges.dunning import plan_follow_up
from settlement.storage.load.snapshot import Scope
from settlement.storage.store import Store
from settlement.storage.work import collection
from settlement.storage.work.collection import ReachedPage
from settlement.storage.work.runs import ClaimedRange

# Accounts planned for in one transaction.
BATCH = 500


def collect_due(store: Store, *, at: datetime, policy: Policy, batch: int = BATCH) -> int:
    """Starts the charges whose threshold is reached and does what follows from declines, up to `at` (UTC).

    Returns how many accounts it looked at: those found by index, not all there are. Doing it twice, late or beside
    another process changes nothing.

    Raises:
        Unavailable: PostgreSQL is down or busy; the next tick finds the rest.
    """
    looked_at = 0
    after: int | None = 0
    while after is not None:
        ids, after = _reached(store, after=after, at=at, policy=policy, batch=batch)
        looked_at += len(ids)
    # Each batch moves its accounts on, so the same ones are not found again; the bound is against a fault in that.
    seen: set[int] = set()
    while ids := _due(store, at=at, policy=policy, batch=batch):
        looked_at += len(ids)
        if seen.issuperset(ids):
            break
        seen.update(ids)
    return looked_at


def _reached(store: Store, *, after: int, at: datetime, policy: Policy, batch: int) -> ReachedPage:
    with store.transaction() as tx:
        page = collection.reached(tx, after=after, limit=batch)
        if page.account_ids:
            _follow_up(tx, page.account_ids, at, policy)
        return page


def _due(store: Store, *, at: datetime, policy: Policy, batch: int) -> list[int]:
    with store.transaction() as tx:
        ids = collection.due(tx, at, batch)
        if ids:
            _follow_up(tx, ids, at, policy)
        return ids


def _follow_up(tx: Connection, ids: list[int], at: datetime, policy: Policy) -> None:
    plan = partial(plan_follow_up, products=collection.products(tx, ids), at=at, policy=policy)
    settle(tx, Scope(ids=sorted(ids)), plan, at=at)


def sweep_range(tx: Connection, part: ClaimedRange, policy: Policy) -> Report:
    """The month-end sweep of a range, under its logical instant, in the caller's transaction. Rule: R3.3."""
    ids = collection.to_sweep(tx, part.cycle, part.first_account_id, part.last_account_id)
    plan = partial(
        plan_sweep, cycle=part.cycle, correlation_id=f"run:{part.run_id}", at=part.logical_at, policy=policy
    )
    return settle(tx, Scope(ids=ids), plan, at=part.logical_at)
