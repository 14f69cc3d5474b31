"""Work that somebody else's scheduler asks for: a month close, a month-end sweep, a look at thresholds. Rule: R12.7.

It is refused before its time, and harmless to repeat: what is done is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, cast, get_args

from sqlalchemy import Connection

from settlement.errors import Refused
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.instants import local_text
from settlement.model.policies.policy import Policy
from settlement.model.runs import MONTH_CLOSE, SWEEP, THRESHOLD_CHECK, Requested, RunKind
from settlement.operations.schedule.calendar_jobs import CALENDAR_JOBS
from settlement.operations.schedule.collection import follow_up, sweep_accounts
from settlement.operations.schedule.isolation import Failures, in_one_or_in_halves
from settlement.operations.schedule.month_close import MonthCloseLimits, settle_accounts
from settlement.queries import accounts
from settlement.storage.store import Store
from settlement.storage.work import collection, runs

MOST_ACCOUNTS = 1_000


def requested(kind: str) -> Requested:
    """A kind of work by its name.

    Raises:
        Refused: `bad_shape`, there is none of this name.
    """
    for known in get_args(Requested):
        if kind == known:
            return cast("Requested", known)
    raise Refused("bad_shape", f"kind: must be one of {', '.join(get_args(Requested))}")


class StartedRun(NamedTuple):
    """The run that it is, if it is one, and whether workers have to be woken for it."""

    run_id: int | None
    has_work: bool


def start_run(
    store: Store,
    kind: Requested,
    cycle: Cycle | None,
    names: Sequence[str],
    *,
    at: datetime,
    policy: Policy,
    limits: MonthCloseLimits,
) -> StartedRun:
    """Begins (or finds) work of a kind, of a cycle where the kind has one, at `at` (UTC).

    For all accounts it is left to the workers. For some, by their names, up to 1,000, it is done when this returns, at
    the logical instant of the whole; parked ones are left out, and so are those with events that wait.

    Raises:
        Refused: `not_due`, before the cycle's instant; `too_late`, a sweep of a month before the last that was swept;
            `bad_shape`, no cycle, or one too many, or too many accounts.
        NotFound: one of the names is of no account.
        Unavailable: PostgreSQL is down or busy; asking again does what is left.
    """
    if (cycle is None) != (kind == THRESHOLD_CHECK):
        needs = "takes no cycle" if kind == THRESHOLD_CHECK else "needs a cycle"
        raise Refused("bad_shape", f"cycle: {kind} {needs}")
    if len(names) > MOST_ACCOUNTS:
        raise Refused("bad_shape", f"accounts: {MOST_ACCOUNTS:,} at most; without any it is for all")
    if cycle is None or kind == THRESHOLD_CHECK:
        if names:
            _do(store, _ids(store, names), partial(follow_up, at=at, policy=policy))
        return StartedRun(None, has_work=not names)
    instant = _instant(store, kind, cycle, at, policy)
    if not names:
        with store.transaction() as tx:
            return StartedRun(*runs.start(tx, kind, cycle, instant, size=limits.range_size))
    ids = _ids(store, names)
    with store.transaction() as tx:
        run_id = runs.note(tx, kind, cycle, instant)
    act = _close if kind == MONTH_CLOSE else _sweep
    _do(store, ids, partial(act, run_id=run_id, cycle=cycle, instant=instant, policy=policy))
    return StartedRun(run_id, has_work=False)


def _instant(store: Store, kind: RunKind, cycle: Cycle, at: datetime, policy: Policy) -> datetime:
    """The logical instant of the work, which has come."""
    job = next(job for job in CALENDAR_JOBS if job.kind == kind)
    instant = job.instant_of(cycle, policy)
    if at < instant:
        what = "the bills of {} are issued" if kind == MONTH_CLOSE else "{} is swept"
        when = local_text(instant, policy.zone)
        raise Refused("not_due", f"{what.format(cycle_text(cycle))} at {when}, not before")
    if kind == SWEEP and job.between(instant, at, policy):
        # Under an instant so long past it would deduct what belongs to later months.
        with store.transaction() as tx:
            if not runs.is_known(tx, kind, cycle):
                raise Refused(
                    "too_late", f"a later month than {cycle_text(cycle)} has been due for its sweep since"
                )
    return instant


def _ids(store: Store, names: Sequence[str]) -> list[int]:
    with store.transaction() as tx:
        return accounts.ids_taking_part(tx, names)


def _do(store: Store, ids: Sequence[int], act: Callable[[Connection, Sequence[int]], object]) -> None:
    failures = Failures()
    in_one_or_in_halves(store, ids, act, failures)
    failures.raise_first()


def _close(
    tx: Connection, ids: Sequence[int], *, run_id: int, cycle: Cycle, instant: datetime, policy: Policy
) -> None:
    open_ids = runs.accruing_of(tx, cycle, instant, ids)
    settle_accounts(tx, cycle, open_ids, f"run:{run_id}", instant, policy)


def _sweep(
    tx: Connection, ids: Sequence[int], *, run_id: int, cycle: Cycle, instant: datetime, policy: Policy
) -> None:
    sweep_accounts(tx, collection.to_sweep_of(tx, cycle, ids), run_id, cycle, instant, policy)
