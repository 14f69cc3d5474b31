"""The tick: asks what is owed and not done, and starts it. Rule: R3.5, R3.6.

It carries no facts of its own, so a tick that comes twice, late, early or from two schedulers changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from settlement.model.policy import Policy
from settlement.operations.drain import DrainLimits, drain_all
from settlement.operations.month_close import MonthCloseLimits, work_run
from settlement.rules.calendar import issuance_at, issuances_between, issued_cycle_at, last_cycle_issued_by
from settlement.storage import runs, slots
from settlement.storage.store import Store

MONTH_CLOSE_JOB = "month_close"


def look(store: Store, *, at: datetime, policy: Policy, limits: MonthCloseLimits) -> list[int]:
    """Records every issuance instant up to `at` as a slot and starts the oldest one that is owed.

    Returns the run that has work to do, or nothing. Missed months follow one after the other, each at its own logical
    instant: the next one starts when the one before is done. A bill that still accrues although its cycle was closed
    (its fee came from a worker whose clock was behind) reopens the run of its cycle.
    """
    with store.transaction() as tx:
        _notice(tx, at, policy)
        for logical_at in slots.owed(tx, MONTH_CLOSE_JOB):
            run_id, has_work = runs.start(
                tx, issued_cycle_at(logical_at, policy), logical_at, size=limits.range_size
            )
            if has_work:
                slots.started(tx, MONTH_CLOSE_JOB, logical_at, run_id)
                return [run_id]
            slots.done(tx, MONTH_CLOSE_JOB, logical_at, run_id)
        return _stragglers(tx, at, policy, limits)


def _notice(tx: Connection, at: datetime, policy: Policy) -> None:
    """From the last instant known on; on a new system from the oldest bill that waits, else from the next instant."""
    known = slots.last(tx, MONTH_CLOSE_JOB)
    if known is not None:
        slots.notice(tx, MONTH_CLOSE_JOB, [instant for _, instant in issuances_between(known, at, policy)])
        return
    oldest = slots.oldest_accruing_cycle(tx)
    if oldest is not None and (first := issuance_at(oldest, policy)) <= at:
        later = [instant for _, instant in issuances_between(first, at, policy)]
        slots.notice(tx, MONTH_CLOSE_JOB, [first, *later])


def _stragglers(tx: Connection, at: datetime, policy: Policy, limits: MonthCloseLimits) -> list[int]:
    for cycle in slots.accruing_cycles(tx, last_cycle_issued_by(at, policy)):
        run_id, has_work = runs.start(tx, cycle, issuance_at(cycle, policy), size=limits.range_size)
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
    """Does in this process everything that is due: waiting events first, then every month owed, oldest first.

    A run that is paused, or that another worker holds, is left to its owner.
    """
    drain_all(store, clock=clock, policy=policy, limits=drain_limits)
    while run_ids := look(store, at=clock(), policy=policy, limits=month_close_limits):
        for run_id in run_ids:
            if not work_run(store, run_id, policy=policy, limits=month_close_limits):
                return
