"""What is due when a local day has ended: overdue bills, reminders, expiry, low credit. Rule: R3.5, R6.2."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from settlement.model.changes import Changes
from settlement.model.policies.policy import Policy
from settlement.model.runs import MONTH_CLOSE, SWEEP
from settlement.model.snapshot import Snapshot
from settlement.operations.settle import settle
from settlement.plans.bills.expiry import plan_expiry
from settlement.plans.bills.low_credit import plan_low_credit
from settlement.rules.days import day_begins_at, day_of, days_between
from settlement.storage.load.snapshot import Scope
from settlement.storage.store import Store
from settlement.storage.work import due_dates, slots

JOB = "daily_check"
# Accounts in one transaction.
BATCH = 1000
# Of accounts about which bills are only marked and told.
TOLD = 20_000


def check_days(store: Store, *, at: datetime, policy: Policy, batch: int = BATCH, told: int = TOLD) -> int:
    """Does the check of every local day that has begun by `at` (UTC) and was not checked, oldest first, each under
    the instant at which it began. Returns how many days were done.

    A day waits for the month closes and sweeps before it, so that a card good at the instant of issuance pays first.
    Doing it twice, or in two places at once, says and marks nothing twice.

    Raises:
        Unavailable: PostgreSQL is down or busy; what is left is done by the next tick.
    """
    done = 0
    while (instant := _next_owed(store, at, policy)) is not None:
        _mark_overdue(store, instant, told, policy)
        _expire(store, instant, batch, policy)
        _tell_low_credit(store, instant, batch, policy)
        done += _remind_and_finish(store, instant, told, policy)
    return done


def _next_owed(store: Store, at: datetime, policy: Policy) -> datetime | None:
    with store.transaction() as tx:
        known = slots.last(tx, JOB)
        if known is None:
            # A new system begins with the day that it is.
            slots.notice(tx, JOB, [day_begins_at(day_of(at, policy.zone), policy.zone)])
        else:
            slots.notice(tx, JOB, days_between(known, at, policy.zone))
        owed = slots.owed(tx, JOB)
        if not owed:
            return None
        before = [instant for kind in (MONTH_CLOSE, SWEEP) for instant in slots.owed(tx, kind)]
        return None if any(instant <= owed[0] for instant in before) else owed[0]


def _mark_overdue(store: Store, instant: datetime, batch: int, policy: Policy) -> None:
    after, day = 0, day_of(instant, policy.zone)
    while True:
        with store.transaction() as tx:
            ids = due_dates.mark_overdue(tx, day, instant, after=after, limit=batch)
        if len(ids) < batch:
            return
        after = ids[-1]


def _expire(store: Store, instant: datetime, batch: int, policy: Policy) -> None:
    def find(tx: Connection, after: int) -> list[int]:
        return due_dates.accounts_with_expired(tx, instant, after=after, limit=batch)

    _each(store, instant, batch, partial(plan_expiry, at=instant, policy=policy), find)


def _tell_low_credit(store: Store, instant: datetime, batch: int, policy: Policy) -> None:
    day, most = day_of(instant, policy.zone), policy.credit.low_credit_days

    def find(tx: Connection, after: int) -> list[int]:
        return due_dates.accounts_with_low_credit(tx, day, most=most, after=after, limit=batch)

    _each(store, instant, batch, partial(plan_low_credit, at=instant, policy=policy), find)


def _each(
    store: Store,
    instant: datetime,
    batch: int,
    plan: Callable[[Snapshot], Changes],
    find: Callable[[Connection, int], list[int]],
) -> None:
    """Settles the accounts that `find` names, in batches, a transaction each."""
    after = 0
    while True:
        with store.transaction() as tx:
            ids = find(tx, after)
            if ids:
                settle(tx, Scope(ids=ids, expiring=True), plan, at=instant)
        if len(ids) < batch:
            return
        after = ids[-1]


def _remind_and_finish(store: Store, instant: datetime, batch: int, policy: Policy) -> int:
    """Each batch of reminders is committed with how far the slot has come: once, whoever does it. 1 if done here."""
    day, credit = day_of(instant, policy.zone), policy.credit
    ahead = [day + timedelta(days=days) for days in credit.remind_before_days]
    behind = [day - timedelta(days=days) for days in credit.remind_after_days]
    while True:
        with store.transaction() as tx:
            after = slots.position(tx, JOB, instant)
            if after is None:
                return 0
            ids = due_dates.remind(tx, day, [*ahead, *behind], instant, after=after, limit=batch)
            if len(ids) < batch:
                slots.finish(tx, JOB, instant)
                return 1
            slots.advance(tx, JOB, instant, ids[-1])
