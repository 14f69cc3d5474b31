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
from settlement.model.runs import MONTH_CLOSE, MOST_ACCOUNTS, SWEEP, THRESHOLD_CHECK, Requested, RunKind
from settlement.operations.bisection import PATIENCE_MS
from settlement.operations.schedule.calendar_jobs import CALENDAR_JOBS
from settlement.operations.schedule.collection import follow_up, sweep_accounts
from settlement.operations.schedule.isolation import Failures, in_one_or_in_halves
from settlement.operations.schedule.month_close import MonthCloseLimits, settle_accounts
from settlement.queries import accounts
from settlement.storage.store import Store
from settlement.storage.work import collection, runs


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
    the logical instant of the whole; parked ones are left out, and by a month close those with events that
    wait, or whose sweep or earlier bill waits.

    Once a later month was due for its sweep, an earlier one is not begun any more, nor swept for some accounts: under
    its instant it would deduct what belongs to later months. The run of all that was begun in time is found.

    Raises:
        Refused: `not_due`, before the cycle's instant; `too_late`, a sweep as above; `bad_shape`, no cycle, or one too
            many, or too many accounts.
        NotFound: one of the names is of no account.
        Unavailable: PostgreSQL is down or busy; asking again does what is left.
    """
    check_request(kind, cycle, names)
    if cycle is None or kind == THRESHOLD_CHECK:
        if names:
            _do(store, account_ids(store, names), partial(follow_up, at=at, policy=policy))
        return StartedRun(None, has_work=not names)
    instant, is_over = _instant(kind, cycle, at, policy)
    if is_over:
        return _begun_in_time(store, kind, cycle, names)
    if not names:
        with store.transaction() as tx:
            return StartedRun(*runs.start(tx, kind, cycle, instant, size=limits.range_size))
    ids = account_ids(store, names)
    with store.transaction() as tx:
        run_id = runs.note(tx, kind, cycle, instant)
    act = _close if kind == MONTH_CLOSE else _sweep
    _do(store, ids, partial(act, run_id=run_id, cycle=cycle, instant=instant, policy=policy))
    return StartedRun(run_id, has_work=False)


def check_request(kind: Requested, cycle: Cycle | None, names: Sequence[str]) -> None:
    """Has the kind a cycle where it needs one, and are there not too many names.

    Raises:
        Refused: `bad_shape`.
    """
    if (cycle is None) != (kind == THRESHOLD_CHECK):
        needs = "takes no cycle" if kind == THRESHOLD_CHECK else "needs a cycle"
        raise Refused("bad_shape", f"cycle: {kind} {needs}")
    if len(names) > MOST_ACCOUNTS:
        raise Refused("bad_shape", f"accounts: {MOST_ACCOUNTS:,} at most; without any it is for all")


def _instant(kind: RunKind, cycle: Cycle, at: datetime, policy: Policy) -> tuple[datetime, bool]:
    """The logical instant of the work, which has come, and whether it is over: a later sweep has been due since."""
    job = next(job for job in CALENDAR_JOBS if job.kind == kind)
    instant = job.instant_of(cycle, policy)
    if at < instant:
        what = "the bills of {} are issued" if kind == MONTH_CLOSE else "{} is swept"
        when = local_text(instant, policy.zone)
        raise Refused("not_due", f"{what.format(cycle_text(cycle))} at {when}, not before")
    return instant, kind == SWEEP and bool(job.between(instant, at, policy))


def _begun_in_time(store: Store, kind: RunKind, cycle: Cycle, names: Sequence[str]) -> StartedRun:
    """The run as it is: cut anew, it would take in accounts that owe for later months alone."""
    with store.transaction() as tx:
        run_id = runs.find(tx, kind, cycle)
        if names or run_id is None:
            raise Refused(
                "too_late", f"a later month than {cycle_text(cycle)} has been due for its sweep since"
            )
        return StartedRun(run_id, runs.has_waiting(tx, run_id))


def account_ids(store: Store, names: Sequence[str]) -> list[int]:
    """Those of these accounts that take part.

    Raises:
        NotFound: one of the names is of no account.
    """
    with store.transaction() as tx:
        return accounts.ids_taking_part(tx, names)


def _do(store: Store, ids: Sequence[int], act: Callable[[Connection, Sequence[int]], object]) -> None:
    failures = Failures()
    in_one_or_in_halves(store, ids, act, failures, patience_ms=PATIENCE_MS)
    failures.raise_first()


def _close(
    tx: Connection, ids: Sequence[int], *, run_id: int, cycle: Cycle, instant: datetime, policy: Policy
) -> None:
    open_ids = runs.accruing_of(tx, cycle, instant, ids)
    settle_accounts(tx, cycle, open_ids, f"run:{run_id}", instant, policy)


def _sweep(
    tx: Connection, ids: Sequence[int], *, run_id: int, cycle: Cycle, instant: datetime, policy: Policy
) -> None:
    sweep_accounts(tx, collection.to_sweep_of(tx, cycle, ids), f"run:{run_id}", cycle, instant, policy)
