"""What is due when a local day has ended: overdue bills, reminders, expiry, low credit. Rule: R3.5, R6.2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from settlement.errors import Busy
from settlement.model.changes import Changes
from settlement.model.policies.policy import Policy
from settlement.model.runs import DAILY_CHECK, MONTH_CLOSE, SWEEP
from settlement.operations.schedule.calendar_jobs import notice
from settlement.operations.schedule.isolation import Failures, in_one_or_in_halves
from settlement.operations.settle import settle
from settlement.plans.bills.expiry import plan_expiry
from settlement.plans.bills.low_credit import plan_low_credit
from settlement.rules.days import day_of
from settlement.storage.load.scope import FundScope, Scope
from settlement.storage.sql.locks import free_accounts
from settlement.storage.store import Store
from settlement.storage.work import due_dates, slots
from settlement.storage.work.due_dates import LocalDay, Reminders

# Accounts in one transaction.
BATCH = 1000
# Of accounts about which bills are only marked and told.
ANNOUNCE_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class _Day:
    """One local day to check: the instant at which it began, and whom it is to leave out."""

    store: Store
    policy: Policy
    instant: datetime
    failures: Failures
    left_out: AbstractSet[int]

    @property
    def date(self) -> date:
        return day_of(self.instant, self.policy.zone)


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
    day, and found again by the next one; the first such failure is raised when all others had their turn. An account
    that was locked is left out of that day and all after it, which is kept, and has them made up for when it is free.
    What is only told, reminders and low credit, is told for the day that it is: of those of days that are over each
    bill's latest reminder.

    Raises:
        Unavailable: PostgreSQL is down or busy; what is left is done by the next tick.
    """
    done, failures = 0, Failures()
    while (instant := _next_owed(store, at, until or at, policy)) is not None:
        with store.transaction() as tx:
            day = _Day(store, policy, instant, failures, due_dates.begin_day(tx, instant))
        _mark_overdue(day, announce_batch)
        _expire(day, batch)
        is_over = day.date < day_of(at, policy.zone)
        if not is_over:
            _announce_low_credit(day, batch)
        _leave_out_locked(day)
        done += _remind_and_finish(day, announce_batch, is_over=is_over)
    for since, last, ids in _to_make_up(store, at, policy, batch, failures):
        in_one_or_in_halves(store, ids, partial(_make_up, since=since, last=last, policy=policy), failures)
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


def _mark_overdue(day: _Day, batch: int) -> None:
    def find(tx: Connection, after: int) -> list[int]:
        return due_dates.accounts_newly_overdue(tx, day.date, after=after, limit=batch)

    def mark(tx: Connection, ids: Sequence[int]) -> None:
        due_dates.mark_overdue(tx, ids, [LocalDay(day.date, day.instant)])

    _each(day, batch, find, mark)


def _expire(day: _Day, batch: int) -> None:
    def find(tx: Connection, after: int) -> list[int]:
        return due_dates.accounts_with_expired(tx, day.instant, after=after, limit=batch)

    _each(day, batch, find, partial(_settle, plan=plan_expiry, at=day.instant, policy=day.policy))


def _announce_low_credit(day: _Day, batch: int) -> None:
    most = day.policy.at(day.instant).credit.low_credit_days

    def find(tx: Connection, after: int) -> list[int]:
        return due_dates.accounts_with_low_credit(tx, day.date, most=most, after=after, limit=batch)

    _each(day, batch, find, partial(_settle, plan=plan_low_credit, at=day.instant, policy=day.policy))


def _settle(
    tx: Connection, ids: Sequence[int], *, plan: Callable[..., Changes], at: datetime, policy: Policy
) -> None:
    scope = Scope(ids=ids, funds=FundScope(expiring=True))
    settle(tx, scope, partial(plan, at=at, policy=policy), at=at)


def _each(
    day: _Day,
    batch: int,
    find: Callable[[Connection, int], list[int]],
    act: Callable[[Connection, Sequence[int]], None],
) -> None:
    """Acts on the accounts that `find` names, in batches, a transaction each."""
    after = 0
    while True:
        with day.store.transaction() as tx:
            ids = find(tx, after)
        free = [one for one in ids if one not in day.left_out and one not in day.failures.locked]
        in_one_or_in_halves(day.store, free, act, day.failures)
        if len(ids) < batch:
            return
        after = ids[-1]


def _leave_out_locked(day: _Day) -> None:
    """Keeps whom this day leaves out, unless somebody else has brought it past them: then they saw to them.

    They have the reminders, too, that earlier days have left to this one.
    """
    if not day.failures.locked:
        return
    with day.store.transaction() as tx:
        after = slots.position(tx, DAILY_CHECK, day.instant)
        if after is not None:
            ids = [one for one in day.failures.locked if one > after]
            due_dates.leave_out(tx, ids, [*due_dates.unsaid(tx), day.instant])


def _remind_and_finish(day: _Day, batch: int, *, is_over: bool) -> int:
    """Each batch of reminders is committed with how far the slot has come: once, whoever does it. 1 if done here.

    A day that is over leaves its reminders to the next, unless some were told of it already: then it goes on with them.
    """
    while True:
        with day.store.transaction() as tx:
            after = slots.position(tx, DAILY_CHECK, day.instant)
            if after is None:
                return 0
            if is_over and not after:
                due_dates.finish_unsaid(tx, day.instant)
                return 1
            reminders = _reminders([*due_dates.unsaid(tx), day.instant], day.policy)
            ids = due_dates.to_remind(tx, reminders, after=after, limit=batch)
            due_dates.remind(tx, set(ids) - due_dates.left_out(tx), reminders, day.instant)
            if len(ids) < batch:
                slots.finish(tx, DAILY_CHECK, day.instant)
                return 1
            slots.advance(tx, DAILY_CHECK, day.instant, ids[-1])


def _reminders(instants: Sequence[datetime], policy: Policy) -> Reminders:
    """Whom to remind on the last of these days, the others being over: of what is due only while it is not overdue."""
    today = day_of(instants[-1], policy.zone)
    due_ons: set[date] = set()
    for instant in instants:
        day, credit = day_of(instant, policy.zone), policy.at(instant).credit
        ahead = (day + timedelta(days=days) for days in credit.remind_before_days)
        due_ons.update(due_on for due_on in ahead if due_on >= today)
        due_ons.update(day - timedelta(days=days) for days in credit.remind_after_days)
    return Reminders(today, sorted(due_ons))


def _to_make_up(
    store: Store, at: datetime, policy: Policy, batch: int, failures: Failures
) -> list[tuple[datetime, datetime, list[int]]]:
    """Accounts that days have left out and that are free now, in batches, with the first of those days and the last
    one; nobody while a day by `at` is still to be checked. For those that are still locked nobody waits.
    """
    with store.transaction() as tx:
        last = slots.last(tx, DAILY_CHECK)
        if last is None or day_of(last, policy.zone) < day_of(at, policy.zone) or slots.owed(tx, DAILY_CHECK):
            return []
        since = due_dates.left_out_since(tx)
        ids = {account_id for some in since.values() for account_id in some}
        free = set(free_accounts(tx, ids))
    if locked := len(ids) - len(free):
        failures.record(
            Busy(f"PostgreSQL: {locked} accounts that days left out are still locked by somebody else")
        )
    parts = []
    for instant, some in since.items():
        able = [one for one in some if one in free]
        parts += [(instant, last, able[first : first + batch]) for first in range(0, len(able), batch)]
    return parts


def _make_up(tx: Connection, ids: Sequence[int], *, since: datetime, last: datetime, policy: Policy) -> None:
    """What the days since an instant have left out for these accounts: a bill is overdue from the day on which it was,
    and all else is done and said once, for the last day. Nothing where a further day has begun: it is made up for, too.
    """
    if not due_dates.may_make_up(tx, last):
        return
    ids = due_dates.take_back(tx, ids)
    instants = due_dates.days_done(tx, since)
    if not ids or not instants:
        return
    due_dates.mark_overdue(tx, ids, [LocalDay(day_of(instant, policy.zone), instant) for instant in instants])
    for plan in (plan_expiry, plan_low_credit):
        _settle(tx, ids, plan=plan, at=last, policy=policy)
    due_dates.remind(tx, ids, _reminders(instants, policy), last)
