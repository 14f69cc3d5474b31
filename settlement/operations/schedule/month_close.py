"""The month close as a run: start it, settle one range of it, look at what it would do. Rule: R3.1, R4.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from settlement.errors import Refused
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.instants import local_text
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.model.runs import MONTH_CLOSE
from settlement.operations.settle import settle
from settlement.plans.bills.issuance import plan_month_close
from settlement.rules.calendar import issuance_at
from settlement.storage.load.scope import Scope
from settlement.storage.store import Store
from settlement.storage.work import runs
from settlement.storage.work.runs import ClaimedRange


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
            "not_due",
            f"the bills of {cycle_text(cycle)} are issued at {local_text(instant, policy.zone)}, not before",
        )
    with store.transaction() as tx:
        return runs.start(tx, MONTH_CLOSE, cycle, instant, size=limits.range_size)


def close_range(tx: Connection, part: ClaimedRange, policy: Policy) -> Report:
    """Issues and writes off the bills of a range of accounts, in the caller's transaction."""
    return settle_accounts(
        tx, part.cycle, runs.members(tx, part), f"run:{part.run_id}", part.logical_at, policy
    )


def settle_accounts(
    tx: Connection,
    cycle: Cycle,
    ids: list[int],
    correlation_id: str,
    at: datetime,
    policy: Policy,
    *,
    dry_run: bool = False,
) -> Report:
    """Issues and writes off the bills of these accounts at the instant of the cycle, in the caller's transaction."""
    plan = partial(
        plan_month_close,
        cycle=cycle,
        cause=f"close:{cycle_text(cycle)}",
        correlation_id=correlation_id,
        at=at,
        policy=policy,
    )
    return settle(tx, Scope(ids=ids, from_cycle=cycle), plan, at=at, dry_run=dry_run)


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
    for accounts, total in preview_ranges(store, cycle, policy=policy, limits=limits):  # noqa: B007
        on_progress(accounts)
    return total


def preview_ranges(
    store: Store, cycle: Cycle, *, policy: Policy, limits: MonthCloseLimits
) -> Iterator[tuple[int, Report]]:
    """As `preview_month_close`, range by range, each in a transaction of its own: how many accounts it held, and what
    all ranges so far come to.
    """
    total, after = Report(), 0
    while True:
        with store.transaction() as tx:
            ids = runs.accruing_after(tx, cycle, after, limits.range_size)
            if not ids:
                return
            total.add(
                settle_accounts(tx, cycle, ids, "dry-run", issuance_at(cycle, policy), policy, dry_run=True)
            )
            after = ids[-1]
        yield len(ids), total
