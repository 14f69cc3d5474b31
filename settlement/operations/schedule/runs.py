"""Works on runs, whatever their kind: range by range, each in one transaction, beside any number of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from settlement.errors import Busy, Unavailable
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.model.runs import MONTH_CLOSE, SWEEP, RunKind
from settlement.operations.bisection import BRIEF_MS, PATIENCE_MS, SHORT_PATIENCE_MS, is_locked
from settlement.operations.schedule.collection import sweep_range
from settlement.operations.schedule.month_close import MonthCloseLimits, close_range
from settlement.queries import runs as queries
from settlement.storage.sql.locks import wait_at_most
from settlement.storage.store import Store
from settlement.storage.work import collection, runs
from settlement.storage.work.runs import ClaimedRange

_ACTS: Mapping[RunKind, Callable[[Connection, ClaimedRange, Policy], Report]] = {
    MONTH_CLOSE: close_range,
    SWEEP: sweep_range,
}


@dataclass(slots=True)
class Locked:
    """Ranges of one account each, by number, that somebody else has locked, and what said so last."""

    range_nos: list[int] = field(default_factory=list)
    error: Exception | None = None


def work_range(
    store: Store,
    *,
    run_id: int | None,
    policy: Policy,
    limits: MonthCloseLimits,
    locked: Locked | None = None,
) -> ClaimedRange | None:
    """Settles the next waiting range of the run (or of any), in one transaction. None when there is none to take.

    A worker that dies leaves the range as it was; whoever claims it next starts afresh. A range that fails, for
    whatever reason, is halved until the account at fault is alone. That one is set aside with the reason; or, where
    somebody else has it locked, it waits, and is added to `locked`, which is passed over. Rule: R11.8.

    Raises:
        Unavailable: PostgreSQL is down; the range waits.
        Busy: an account is locked by somebody else, and there is no `locked` to say so.
    """
    part: ClaimedRange | None = None
    try:
        with store.transaction() as tx:
            part = runs.claim_range(tx, run_id, without=locked.range_nos if locked else ())
            if part is not None:
                wait_at_most(tx, _patience_ms(part, locked))
                runs.finish_range(tx, part, _ACTS[part.kind](tx, part, policy))
    except Exception as error:
        if part is None or (isinstance(error, Unavailable) and not isinstance(error, Busy)):
            raise
        _at_fault(store, part, error, limits, locked)
    return part


def _patience_ms(part: ClaimedRange, locked: Locked | None) -> int:
    """One account alone was locked, or at fault, when it was tried last; further ones may be very many."""
    if locked and locked.error:
        return BRIEF_MS
    return SHORT_PATIENCE_MS if part.first_account_id == part.last_account_id else PATIENCE_MS


def _at_fault(
    store: Store, part: ClaimedRange, error: Exception, limits: MonthCloseLimits, locked: Locked | None
) -> None:
    if locked is not None and is_locked(error):
        locked.error = error
    with store.transaction() as tx:
        if runs.split_range(tx, part, _members(tx, part)):
            return
        if not is_locked(error):
            reason = f"{type(error).__name__}: {error}"[:1000]
            runs.note_range_failure(tx, part, most=limits.max_attempts, reason=reason)
            return
    if locked is None:
        raise error
    locked.range_nos.append(part.range_no)


def _members(tx: Connection, part: ClaimedRange) -> list[int]:
    if part.kind == SWEEP:
        return collection.to_sweep(tx, part.cycle, part.first_account_id, part.last_account_id)
    return runs.members(tx, part)


def pause_run(store: Store, run_id: int) -> bool:
    """Hands out no more of a run. False if it was not running.

    Raises:
        NotFound: there is no such run.
    """
    return _set_paused(store, run_id, paused=True)


def resume_run(store: Store, run_id: int) -> bool:
    """Lets a paused run continue, and gives its failed ranges another chance. False if it was not paused.

    Raises:
        NotFound: there is no such run.
    """
    return _set_paused(store, run_id, paused=False)


def _set_paused(store: Store, run_id: int, *, paused: bool) -> bool:
    with store.transaction() as tx:
        queries.run(tx, run_id)
        return runs.set_paused(tx, run_id, paused=paused)


def finish_if_done(store: Store, run_id: int, *, limits: MonthCloseLimits) -> bool:
    """Closes the run when no range waits. Accounts that got a bill of the cycle meanwhile become further ranges.

    True when the run is done.
    """
    with store.transaction() as tx:
        view = queries.run(tx, run_id)
        if view.state != "running":
            return view.state == "done"
        return not runs.start(tx, view.kind, view.cycle, view.logical_at, size=limits.range_size)[1]


def work_run(
    store: Store,
    run_id: int,
    *,
    policy: Policy,
    limits: MonthCloseLimits,
    may_continue: Callable[[], bool] = lambda: True,
) -> bool:
    """Works on the run until no range is left to claim, `may_continue` is false, or it is paused. True when done.

    Raises:
        Unavailable: PostgreSQL is down; or, as `Busy`, when all others are done, accounts are locked by somebody else.
            The run stays open for them, and the calendar goes on without them.
    """
    locked = Locked()
    while may_continue():
        if work_range(store, run_id=run_id, policy=policy, limits=limits, locked=locked) is not None:
            continue
        if locked.range_nos and locked.error is not None:
            with store.transaction() as tx:
                runs.end_instant(tx, run_id, locked.range_nos)
            raise locked.error
        if finish_if_done(store, run_id, limits=limits):
            return True
        # Either accounts came late and there are further ranges, or what is left is paused or in others' hands.
        if work_range(store, run_id=run_id, policy=policy, limits=limits, locked=locked) is None:
            return False
    return False
