"""The tick: asks what is owed and not done, and starts it. Rule: R3.3, R3.4, R3.6.

It carries no facts of its own, so a tick that comes twice, late, early or from two schedulers changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.model.runs import MONTH_CLOSE, SWEEP, RunKind
from settlement.operations.inbox.drain import DrainLimits, drain_all
from settlement.operations.schedule.collection import collect_due
from settlement.operations.schedule.daily_check import check_days
from settlement.operations.schedule.isolation import Failures
from settlement.operations.schedule.month_close import MonthCloseLimits
from settlement.operations.schedule.payments import expire_payments
from settlement.operations.schedule.runs import work_run
from settlement.operations.schedule.unified_settlements import settle_unified
from settlement.rules.calendar import issuance_at, issuances_between, issued_cycle_at, last_cycle_issued_by
from settlement.rules.sweep import sweep_at, sweeps_between, swept_cycle_at
from settlement.storage.store import Store
from settlement.storage.work import collection, runs, slots


class CalendarJob(NamedTuple):
    """A run owed once a month: of which cycle an instant is, when a cycle's instant is, and those between two."""

    kind: RunKind
    cycle_at: Callable[[datetime, Policy], Cycle]
    instant_of: Callable[[Cycle, Policy], datetime]
    between: Callable[[datetime, datetime, Policy], list[tuple[Cycle, datetime]]]


MONTH_CLOSE_JOB = CalendarJob(MONTH_CLOSE, issued_cycle_at, issuance_at, issuances_between)
SWEEP_JOB = CalendarJob(SWEEP, swept_cycle_at, sweep_at, sweeps_between)
CALENDAR_JOBS = (SWEEP_JOB, MONTH_CLOSE_JOB)


def look(store: Store, *, at: datetime, policy: Policy, limits: MonthCloseLimits) -> list[int]:
    """Records every instant up to `at` at which a run is owed as a slot, and starts the oldest one.

    Returns the run that has work to do, or nothing. Missed instants follow one after the other, sweeps and month closes
    in the order of the calendar, each at its own logical instant: the next one starts when the one before is done. A
    bill that still accrues although its cycle was closed (its fee came from a worker whose clock was behind) reopens
    the run of its cycle.
    """
    with store.transaction() as tx:
        for job in CALENDAR_JOBS:
            _notice(tx, job, at, policy)
        owed = [(instant, job) for job in CALENDAR_JOBS for instant in slots.owed(tx, job.kind)]
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
        return _stragglers(tx, at, policy, limits)


def _nothing_to_sweep(tx: Connection, cycle: Cycle) -> bool:
    return not runs.is_known(tx, SWEEP, cycle) and not collection.anything_uncollected(tx)


def _notice(tx: Connection, job: CalendarJob, at: datetime, policy: Policy) -> None:
    """From the last instant known on; on a new system from the oldest bill that waits, else from the next instant."""
    known = slots.last(tx, job.kind)
    if known is not None:
        slots.notice(tx, job.kind, [instant for _, instant in job.between(known, at, policy)])
        return
    oldest = slots.oldest_accruing_cycle(tx)
    if oldest is not None and (first := job.instant_of(oldest, policy)) <= at:
        later = [instant for _, instant in job.between(first, at, policy)]
        slots.notice(tx, job.kind, [first, *later])


def _stragglers(tx: Connection, at: datetime, policy: Policy, limits: MonthCloseLimits) -> list[int]:
    for cycle in slots.accruing_cycles(tx, last_cycle_issued_by(at, policy)):
        run_id, has_work = runs.start(
            tx, MONTH_CLOSE, cycle, issuance_at(cycle, policy), size=limits.range_size
        )
        if has_work:
            return [run_id]
    return []


def run_due(
    store: Store,
    *,
    clock: Callable[[], datetime],
    policy: Policy,
    drain_limits: DrainLimits,
    month_close_limits: MonthCloseLimits,
) -> None:
    """Does in this process everything that is due and needs no gateway: waiting events first, then every run owed,
    oldest first, then what is due once a day, payments and settlements of people, thresholds, and what follows from
    declines.

    A run that is paused, or that another worker holds, is left to its owner, and the runs after it wait for it.
    What waits for no run is done all the same: payments whose time is over end, settlements go on.
    """
    drain_all(store, clock=clock, policy=policy, limits=drain_limits)
    while run_ids := look(store, at=clock(), policy=policy, limits=month_close_limits):
        if not all(work_run(store, run_id, policy=policy, limits=month_close_limits) for run_id in run_ids):
            break
    failures = Failures()
    for act in (check_days, expire_payments, settle_unified, collect_due):
        with failures:
            act(store, at=clock(), policy=policy)
    failures.raise_first()
