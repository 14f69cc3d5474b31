"""The tick: asks what is owed and not done, and starts it. Rule: R3.3, R3.4, R3.6.

It carries no facts of its own, so a tick that comes twice, late, early or from two schedulers changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection

from settlement.errors import Busy
from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.model.runs import MONTH_CLOSE, SWEEP
from settlement.operations.inbox.drain import DrainLimits, drain_all
from settlement.operations.schedule.calendar_jobs import CALENDAR_JOBS, SWEEP_JOB, notice
from settlement.operations.schedule.catch_up import oldest_missed
from settlement.operations.schedule.collection import collect_due
from settlement.operations.schedule.daily_check import check_days
from settlement.operations.schedule.isolation import Failures
from settlement.operations.schedule.month_close import MonthCloseLimits
from settlement.operations.schedule.payments import expire_payments
from settlement.operations.schedule.runs import work_run
from settlement.operations.schedule.settings_changes import follow_settings
from settlement.operations.schedule.unified_settlements import settle_unified
from settlement.rules.calendar import issuance_at, last_cycle_issued_by
from settlement.storage.sql.locks import free_accounts
from settlement.storage.store import Store
from settlement.storage.work import collection, runs, slots


def start_due(
    store: Store, *, at: datetime, policy: Policy, limits: MonthCloseLimits, until: datetime | None = None
) -> list[int]:
    """Records every instant up to `until`, or `at`, at which a run is owed as a slot, and starts the oldest one.

    `at` is now (UTC). Returns the run that has work to do, or nothing; while none is owed, those with bills that came
    late and, unless an `until` is given, those with accounts left that somebody else had locked. Missed instants follow
    one after the other, sweeps and month closes in the order of the calendar, each at its own logical instant: the next
    one starts when the one before is done, or waits for locked accounts only. A bill that still accrues although its
    cycle was closed (what came before the instant was not booked yet, its account was locked, or a worker's clock was
    behind) reopens the run of its cycle.
    """
    catching_up, until = until is not None, until or at
    with store.transaction() as tx:
        for job in CALENDAR_JOBS:
            notice(tx, job.kind, until, at=at, policy=policy)
        owed = [
            (instant, job)
            for job in CALENDAR_JOBS
            for instant in slots.owed(tx, job.kind)
            if instant <= until
        ]
        for instant, job in sorted(owed, key=lambda pair: pair[0]):
            cycle = job.cycle_at(instant, policy)
            if job is SWEEP_JOB and _nothing_to_sweep(tx, cycle):
                slots.skipped(tx, job.kind, instant, "nothing was left to collect")
                continue
            run_id, has_work = runs.start(tx, job.kind, cycle, instant, size=limits.range_size)
            if has_work:
                slots.started(tx, job.kind, instant, run_id)
                return [run_id]
            slots.done(tx, job.kind, instant, run_id)
        left, late = runs.left_over(tx), _stragglers(tx, until, policy, limits)
        if not catching_up:
            return sorted({*left, *late})
        # What is to be made up for waits for what came late, and not for accounts that are still locked.
        return sorted(set(late) - _wait_for_locked(tx, set(left).intersection(late)))


def _wait_for_locked(tx: Connection, run_ids: Collection[int]) -> set[int]:
    """Those of the runs that have nothing left but accounts that somebody else has locked."""
    alone = runs.alone_in_ranges(tx, run_ids)
    free = set(free_accounts(tx, {account_id for ids in alone.values() for account_id in ids}))
    return {run_id for run_id, ids in alone.items() if free.isdisjoint(ids)}


def _nothing_to_sweep(tx: Connection, cycle: Cycle) -> bool:
    return runs.find(tx, SWEEP, cycle) is None and not collection.anything_uncollected(tx)


def _stragglers(tx: Connection, at: datetime, policy: Policy, limits: MonthCloseLimits) -> list[int]:
    found = []
    for cycle in slots.accruing_cycles(tx, last_cycle_issued_by(at, policy)):
        run_id, has_work = runs.start(
            tx, MONTH_CLOSE, cycle, issuance_at(cycle, policy), size=limits.range_size, beside=True
        )
        if has_work:
            found.append(run_id)
    return found


def catch_up(
    store: Store,
    *,
    at: datetime,
    policy: Policy,
    drain_limits: DrainLimits,
    limits: MonthCloseLimits,
    failures: Failures,
    may_continue: Callable[[], bool] = lambda: True,
) -> list[int]:
    """Makes up for the instants that were missed by `at` (UTC), in order of time, each after what arrived before it.

    Ends at the first one with a run to work on, and returns that run; the next call goes on after it. What keeps one
    account from the check of a day goes to `failures` and keeps nobody else from the next instant. Rule: R3.6d.
    """
    before: datetime | None = None
    while may_continue():
        with store.transaction() as tx:
            missed = oldest_missed(tx, at=at, policy=policy)
        if missed is None or missed == before:
            # None is left, or this one waits for something that time alone does not bring.
            return []
        # Accounts that somebody has locked keep none of the others waiting: their own bills wait for their events.
        with suppress(Busy):
            drain_all(store, clock=lambda: at, policy=policy, limits=drain_limits)
        _resume_people(store, missed, policy)
        if run_ids := start_due(store, at=at, policy=policy, limits=limits, until=missed):
            return run_ids
        with failures:
            check_days(store, at=at, policy=policy, until=missed)
        before = missed
    return []


def _resume_people(store: Store, missed: datetime, policy: Policy) -> None:
    """Ends the payments and resumes the settlements whose time came before the missed instant, as of the last moment
    before it, unless it has begun already.

    What fails here fails again when all is made up for, and is raised then.
    """
    with store.transaction() as tx:
        if slots.has_begun(tx, missed):
            return
    for act in (expire_payments, settle_unified):
        with Failures():
            act(store, at=missed - timedelta.resolution, policy=policy)


def run_due(
    store: Store,
    *,
    clock: Callable[[], datetime],
    policy: Policy,
    drain_limits: DrainLimits,
    month_close_limits: MonthCloseLimits,
) -> None:
    """Does in this process everything that is due and needs no gateway: what was missed, in order of time, waiting
    events, then every run owed, oldest first, then what is due once a day, payments and settlements of people,
    thresholds, and what follows from declines.

    A run that is paused, or that another worker holds, is left to its owner, and the runs after it wait for it.
    What waits for no run is done all the same: payments whose time is over end, settlements go on.
    """
    failures = Failures()
    # A run that is not finished here, for whatever reason, is not tried a second time.
    unfinished: set[int] = set()
    while True:
        policy = policy.at(clock())
        run_ids: list[int] = []
        with failures:
            run_ids = _next_runs(store, clock, policy, drain_limits, month_close_limits, failures)
        if unfinished.issuperset(run_ids):
            break
        for run_id in run_ids:
            finished = False
            with failures:
                finished = run_id not in unfinished and work_run(
                    store, run_id, policy=policy, limits=month_close_limits
                )
            if not finished:
                unfinished.add(run_id)
    with failures:
        drain_all(store, clock=clock, policy=policy, limits=drain_limits)
    for act in (check_days, expire_payments, settle_unified, collect_due):
        with failures:
            act(store, at=clock(), policy=policy)
    failures.raise_first()


def _next_runs(
    store: Store,
    clock: Callable[[], datetime],
    policy: Policy,
    drain_limits: DrainLimits,
    limits: MonthCloseLimits,
    failures: Failures,
) -> list[int]:
    """The runs to work on next; where nothing was missed, after the events that wait."""
    at = clock()
    with failures:
        follow_settings(store, at=at, policy=policy)
    if run_ids := catch_up(
        store, at=at, policy=policy, drain_limits=drain_limits, limits=limits, failures=failures
    ):
        return run_ids
    with failures:
        drain_all(store, clock=clock, policy=policy, limits=drain_limits)
    return start_due(store, at=clock(), policy=policy, limits=limits)
