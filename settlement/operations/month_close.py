"""The month close as a run: start it, work on its ranges, look at what it would do. Rule: R3.1, R4.1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from settlement.errors import Refused, Unavailable
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.policy import Policy
from settlement.model.report import Report
from settlement.operations.settle import settle
from settlement.plans.issue import plan_month_close
from settlement.rules.calendar import issuance_at
from settlement.storage import runs
from settlement.storage.load import Scope
from settlement.storage.runs import ClaimedRange
from settlement.storage.store import Store


@dataclass(frozen=True, slots=True)
class MonthCloseLimits:
    """Accounts per range and transaction, and tries of a range before it is set aside."""

    range_size: int = 2000
    max_attempts: int = 5


def start_month_close(
    store: Store, cycle: Cycle, *, at: datetime, policy: Policy, limits: MonthCloseLimits
) -> tuple[int, bool]:
    """Begins (or finds) the month close of a cycle. Returns the run's id and whether there is work.

    Raises:
        Refused: `not_due` before the cycle's issuance instant.
    """
    instant = issuance_at(cycle, policy)
    if at < instant:
        raise Refused(
            "not_due", f"the bills of {cycle_text(cycle)} are issued at {instant.isoformat()}, not before"
        )
    with store.transaction() as tx:
        return runs.start(tx, cycle, instant, size=limits.range_size)


def work_range(
    store: Store, *, run_id: int | None, policy: Policy, limits: MonthCloseLimits
) -> ClaimedRange | None:
    """Settles the next waiting range of the run (or of any), in one transaction. None when there is none to take.

    A worker that dies leaves the range as it was; whoever claims it next starts afresh. A range that fails for a
    reason nobody foresaw is halved until the account at fault is alone; that one is set aside with the reason.

    Raises:
        Unavailable: PostgreSQL is down or busy; the range waits.
    """
    part: ClaimedRange | None = None
    try:
        with store.transaction() as tx:
            part = runs.claim_range(tx, run_id)
            if part is not None:
                runs.finish_range(tx, part, _settle_range(tx, part, policy))
    except Unavailable:
        raise
    except Exception as error:
        if part is None:
            raise
        with store.transaction() as tx:
            if not runs.split_range(tx, part):
                reason = f"{type(error).__name__}: {error}"[:1000]
                runs.note_range_failure(tx, part, most=limits.max_attempts, reason=reason)
    return part


def _settle_range(tx: Connection, part: ClaimedRange, policy: Policy) -> Report:
    return _settle_accounts(
        tx, part.cycle, runs.members(tx, part), f"run:{part.run_id}", part.logical_at, policy
    )


def _settle_accounts(
    tx: Connection,
    cycle: Cycle,
    ids: list[int],
    correlation_id: str,
    at: datetime,
    policy: Policy,
    *,
    dry_run: bool = False,
) -> Report:
    plan = partial(
        plan_month_close,
        cycle=cycle,
        cause=f"close:{cycle_text(cycle)}",
        correlation_id=correlation_id,
        at=at,
        policy=policy,
    )
    return settle(tx, Scope(ids=ids, from_cycle=cycle), plan, at=at, dry_run=dry_run)


def finish_if_done(store: Store, run_id: int, *, limits: MonthCloseLimits) -> bool:
    """Closes the run when no range waits. Accounts that got a bill of the cycle meanwhile become further ranges.

    True when the run is done.
    """
    with store.transaction() as tx:
        view = runs.get(tx, run_id)
        if view.state != "running":
            return view.state == "done"
        return not runs.start(tx, view.cycle, view.logical_at, size=limits.range_size)[1]


def work_run(
    store: Store,
    run_id: int,
    *,
    policy: Policy,
    limits: MonthCloseLimits,
    go_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Works on the run until no range is left to take, `go_on` says stop, or it is paused. True when it is done."""
    while go_on():
        if work_range(store, run_id=run_id, policy=policy, limits=limits) is not None:
            continue
        if finish_if_done(store, run_id, limits=limits):
            return True
        # Either accounts came late and there are further ranges, or what is left is paused or in others' hands.
        if work_range(store, run_id=run_id, policy=policy, limits=limits) is None:
            return False
    return False


def preview_month_close(
    store: Store,
    cycle: Cycle,
    *,
    policy: Policy,
    limits: MonthCloseLimits,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """What the month close would issue and pay if it ran now at its own instant; nothing is written.

    `on_progress` hears how many accounts each range held.
    """
    total = Report()
    after = 0
    while True:
        with store.transaction() as tx:
            ids = runs.accruing_after(tx, cycle, after, limits.range_size)
            if not ids:
                return total
            total.add(
                _settle_accounts(tx, cycle, ids, "dry-run", issuance_at(cycle, policy), policy, dry_run=True)
            )
            after = ids[-1]
        on_progress(len(ids))
