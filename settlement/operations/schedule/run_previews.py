"""What work that somebody may start would come to if it were done now; nothing is written. Rule: R12.7c.

Bounded: a month close of all accounts only where there are few enough, everything else for accounts that are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from settlement.errors import Refused
from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.model.runs import MONTH_CLOSE, THRESHOLD_CHECK, Requested
from settlement.operations.bisection import PATIENCE_MS
from settlement.operations.schedule.calendar_jobs import MONTH_CLOSE_JOB, SWEEP_JOB
from settlement.operations.schedule.collection import follow_up, sweep_accounts
from settlement.operations.schedule.month_close import MonthCloseLimits, preview_ranges, settle_accounts
from settlement.operations.schedule.requested_runs import account_ids, check_request
from settlement.queries import bills
from settlement.storage.sql.locks import wait_at_most
from settlement.storage.store import Store
from settlement.storage.work import collection, runs

# Whoever waits for a response waits for no more accounts, some seconds.
MOST_AT_ONCE = 20_000
_DRY_RUN = "dry-run"


class RunPreview(NamedTuple):
    """How many accounts were looked at, and what it would come to."""

    accounts: int
    report: Report


def preview_run(
    store: Store,
    kind: Requested,
    cycle: Cycle | None,
    names: Sequence[str],
    *,
    at: datetime,
    policy: Policy,
    limits: MonthCloseLimits,
) -> RunPreview:
    """What `start_run` would issue, pay and charge, as of `at` (UTC); of a month that is not over, as it stands.

    Raises:
        Refused: `bad_shape`, as `start_run`; `too_many_accounts`, name some.
        NotFound: one of the names is of no account.
        Unavailable: PostgreSQL is down or busy.
    """
    check_request(kind, cycle, names)
    if names:
        ids = account_ids(store, names)
        with store.transaction() as tx:
            wait_at_most(tx, PATIENCE_MS)
            return _of_some(tx, kind, cycle, ids, at, policy)
    if kind != MONTH_CLOSE or cycle is None:
        raise Refused("too_many_accounts", f"a dry run of {kind} is of accounts that are named in `accounts`")
    with store.transaction() as tx:
        count = bills.accruing_accounts(tx, cycle)
    if count > MOST_AT_ONCE:
        many = f"{count:,} accounts are more than {MOST_AT_ONCE:,}: name some in `accounts`"
        raise Refused("too_many_accounts", f"{many}, or use `settle month-close --dry-run` or the console")
    found = RunPreview(0, Report())
    for accounts, report in preview_ranges(store, cycle, policy=policy, limits=limits):
        found = RunPreview(found.accounts + accounts, report)
    return found


def _of_some(
    tx: Connection, kind: Requested, cycle: Cycle | None, ids: Sequence[int], at: datetime, policy: Policy
) -> RunPreview:
    if kind == THRESHOLD_CHECK or cycle is None:
        return RunPreview(len(ids), follow_up(tx, ids, at=at, policy=policy, dry_run=True))
    if kind == MONTH_CLOSE:
        instant = MONTH_CLOSE_JOB.instant_of(cycle, policy)
        open_ids = runs.accruing_of(tx, cycle, instant, ids)
        report = settle_accounts(tx, cycle, open_ids, _DRY_RUN, instant, policy, dry_run=True)
        return RunPreview(len(open_ids), report)
    swept = collection.to_sweep_of(tx, cycle, ids)
    instant = SWEEP_JOB.instant_of(cycle, policy)
    return RunPreview(len(swept), sweep_accounts(tx, swept, _DRY_RUN, cycle, instant, policy, dry_run=True))
