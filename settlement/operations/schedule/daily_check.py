"""What is due when a local day has ended: overdue bills, reminders, expiry, low credit. Rule: R3.5, R6.2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from settlement.model.changes import Changes
from settlement.model.policies.policy import Policy
from settlement.model.runs import DAILY_CHECK, MONTH_CLOSE, SWEEP
from settlement.model.snapshot import Snapshot
from settlement.operations.schedule.calendar_jobs import notice
from settlement.operations.schedule.isolation import Failures, in_one_or_in_halves
from settlement.operations.settle import settle
from settlement.plans.bills.expiry import plan_expiry
from settlement.plans.bills.low_credit import plan_low_credit
from settlement.rules.days import day_of
from settlement.storage.load.scope import FundScope, Scope
from settlement.storage.store import Store
from settlement.storage.work import due_dates, slots

# Accounts in one transaction.
BATCH = 1000
# Of accounts about which bills are only marked and told.
ANNOUNCE_BATCH = 20_000


def check_days(
    store: Store,
    *,
    at: datetime,
    policy: Policy,
    until: datetime | None = None,
    batch: int = BATCH,
    announce_batch: int = ANNOUNCE_BATCH,
) -> int:
    """Does the check of every local day that has begun by `until`, or `at` (now, UTC), and was not checked, oldest
    first, each under the instant at which it began. Returns how many days were done.

    A day waits for the month closes and sweeps before it, so that a card good at the instant of issuance pays first.
    Doing it twice, or in two places at once, says and marks nothing twice. An account that fails is left out of its
    day, and found again by the next one; the first such failure is raised when all others had their turn. A day on
    which an account was locked is finished by the next tick.

    Raises:
        Unavailable: PostgreSQL is down or busy; what is left is done by the next tick.
    """
    done, failures = 0, Failures()
    while (instant := _next_owed(store, at, until or at, policy)) is not None:
        _mark_overdue(store, instant, announce_batch, policy, failures)
        _expire(store, instant, batch, policy, failures)
        _announce_low_credit(store, instant, batch, policy, failures)
        if failures.met_a_lock:
            break
        done += _remind_and_finish(store, instant, announce_batch, policy)
    failures.raise_first()
    return done


def _next_owed(store: Store, at: datetime, until: datetime, policy: Policy) -> datetime | None:
    with store.transaction() as tx:
        notice(tx, DAILY_CHECK, until, at=at, policy=policy)
        owed = slots.owed(tx, DAILY_CHECK)
        if not owed or owed[0] > until:
            return None
        before = [instant for kind in (MONTH_CLOSE, SWEEP) for instant in slots.owed(tx, kind)]
        return None if any(instant <= owed[0] for instant in before) else owed[0]


def _mark_overdue(store: Store, instant: datetime, batch: int, policy: Policy, failures: Failures) -> None:
    day = day_of(instant, policy.zone)

    def find(tx: Connection, after: int) -> list[int]:
        return due_dates.accounts_newly_overdue(tx, day, after=after, limit=batch)

    def mark(tx: Connection, ids: Sequence[int]) -> None:
        due_dates.mark_overdue(tx, ids, day, instant)

    _each(store, batch, find, mark, failures)


def _expire(store: Store, instant: datetime, batch: int, policy: Policy, failures: Failures) -> None:
    def find(tx: Connection, after: int) -> list[int]:
        return due_dates.accounts_with_expired(tx, instant, after=after, limit=batch)

    _each(store, batch, find, _settling(instant, partial(plan_expiry, at=instant, policy=policy)), failures)


def _announce_low_credit(
    store: Store, instant: datetime, batch: int, policy: Policy, failures: Failures
) -> None:
    day, most = day_of(instant, policy.zone), policy.at(instant).credit.low_credit_days

    def find(tx: Connection, after: int) -> list[int]:
        return due_dates.accounts_with_low_credit(tx, day, most=most, after=after, limit=batch)

    _each(
        store, batch, find, _settling(instant, partial(plan_low_credit, at=instant, policy=policy)), failures
    )


def _settling(
    instant: datetime, plan: Callable[[Snapshot], Changes]
) -> Callable[[Connection, Sequence[int]], None]:
    def settle_all(tx: Connection, ids: Sequence[int]) -> None:
        settle(tx, Scope(ids=ids, funds=FundScope(expiring=True)), plan, at=instant)

    return settle_all


def _each(
    store: Store,
    batch: int,
    find: Callable[[Connection, int], list[int]],
    act: Callable[[Connection, Sequence[int]], None],
    failures: Failures,
) -> None:
    """Acts on the accounts that `find` names, in batches, a transaction each."""
    after = 0
    while True:
        with store.transaction() as tx:
            ids = find(tx, after)
        in_one_or_in_halves(store, ids, act, failures)
        if len(ids) < batch:
            return
        after = ids[-1]


def _remind_and_finish(store: Store, instant: datetime, batch: int, policy: Policy) -> int:
    """Each batch of reminders is committed with how far the slot has come: once, whoever does it. 1 if done here."""
    day, credit = day_of(instant, policy.zone), policy.at(instant).credit
    ahead = [day + timedelta(days=days) for days in credit.remind_before_days]
    behind = [day - timedelta(days=days) for days in credit.remind_after_days]
    while True:
        with store.transaction() as tx:
            after = slots.position(tx, DAILY_CHECK, instant)
            if after is None:
                return 0
            ids = due_dates.remind(tx, day, [*ahead, *behind], instant, after=after, limit=batch)
            if len(ids) < batch:
                slots.finish(tx, DAILY_CHECK, instant)
                return 1
            slots.advance(tx, DAILY_CHECK, instant, ids[-1])
