"""Goes on with unified settlements that wait for money, when there is some. Rule: R9.3d.

Asked when events were settled, and by every look at what is due. A settlement with which nothing can be done costs a
read of its main account and of the first bill that is owed, not of its list.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from settlement.errors import Busy
from settlement.model.accounts import AccountId
from settlement.model.policies.policy import Policy
from settlement.operations.bisection import BRIEF_MS
from settlement.operations.schedule.isolation import Failures
from settlement.operations.settle import settle
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.payments.unified_payments import funds_minor, own_funds_minor
from settlement.plans.payments.unified_settlements import plan_unified
from settlement.storage.load.scope import PeopleScope, Scope
from settlement.storage.load.snapshot import load
from settlement.storage.sql.locks import wait_at_most
from settlement.storage.store import Store
from settlement.storage.work import unified_settlements
from settlement.storage.work.unified_settlements import Ready

# Settlements looked at in one read; each of them is paid in a transaction of its own.
BATCH = 100
# How long those of a round are waited for together, when accounts of their lists are locked. A month close has few
# accounts locked at a time, each for a moment; what is locked for longer keeps no other waiting.
ROUNDS_MS = (50, 250, 1000)


def settle_unified(
    store: Store,
    *,
    at: datetime,
    policy: Policy,
    whole_list: bool = True,
    rounds_ms: Sequence[int] = ROUNDS_MS,
) -> int:
    """Pays what can be paid, settlement by settlement, oldest first. Returns with how many it went on.

    `whole_list`: also go on where others have paid bills of the list, which costs a look at each that is open.
    `rounds_ms`: how often accounts that somebody else has locked are tried, and how long they are waited for each time.
    Two at once do nothing twice: the accounts are locked, and what is paid is not open any more. Those
    whose accounts somebody else has locked come last. One that fails, or waits in vain to the end, keeps no other from
    its turn; the first such failure is raised when all had theirs.

    Raises:
        Unavailable: PostgreSQL is down or busy; what is left is done by the next look.
    """
    done, left, failures = 0, list(_worth_it(store, at, policy, whole_list=whole_list)), Failures()
    for round_ms in rounds_ms:
        busy, until = [], time.monotonic() + round_ms / 1000
        for ready in left:
            patience_ms = max(BRIEF_MS, round(1000 * (until - time.monotonic())))
            with failures:
                try:
                    _resume(store, ready, at, policy, patience_ms)
                    done += 1
                except Busy:
                    if round_ms == rounds_ms[-1]:
                        raise
                    busy.append(ready)
        left = busy
    failures.raise_first()
    return done


def can_resume(store: Store, *, clock: Callable[[], datetime], policy: Policy) -> bool:
    """Is there a settlement with which `settle_unified` would go on, bills that others paid left out. Locks nobody.

    `clock` is asked only where one runs.

    Raises:
        Unavailable: PostgreSQL is down or busy.
    """
    with store.transaction() as tx:
        if not unified_settlements.any_runs(tx):
            return False
    return any(True for _ in _worth_it(store, clock(), policy, whole_list=False))


def _worth_it(store: Store, at: datetime, policy: Policy, *, whole_list: bool) -> Iterator[Ready]:
    """Settlements with which something can be done, by id, read in pages without a lock."""
    after = 0
    while True:
        with store.transaction() as tx:
            found = unified_settlements.ready(tx, at=at, after=after, limit=BATCH, whole_list=whole_list)
            if not found:
                return
            mains = load(tx, Scope(ids=[ready.main_id for ready in found]), lock=False)
        draft = Draft(mains, at=at, policy=policy)
        for ready in found:
            main = draft.accounts.get(AccountId(ready.main_id))
            if main is not None and _is_worth_it(draft, main, ready):
                yield ready
        if len(found) < BATCH:
            return
        after = found[-1].settlement_id


def _is_worth_it(draft: Draft, main: WorkingAccount, ready: Ready) -> bool:
    """A first look, without locks: would the plan find something to do?"""
    if ready.has_ended or ready.first_owed is None:
        return ready.has_ended
    owed_minor, account_id = ready.first_owed
    funds = own_funds_minor(draft, main) if account_id == main.id else funds_minor(draft, main)
    return funds > 0 and (draft.policy.partial_write_off or funds >= owed_minor)


def _resume(store: Store, ready: Ready, at: datetime, policy: Policy, patience_ms: int) -> None:
    """Pays what is open, which holds nobody up whose bills are paid; once nothing is open, lets go of everybody.

    Whoever dies in between leaves a settlement with nothing open, which the next look ends.
    """
    # Read before the locks; a running settlement's list only gets shorter, so it holds everybody who is on it.
    with store.transaction() as tx:
        if owing := unified_settlements.ids_open(tx, ready.settlement_id):
            _settle(tx, ready, owing, at, policy, patience_ms)
    with store.transaction() as tx:
        if unified_settlements.has_nothing_open(tx, ready.settlement_id):
            listed = unified_settlements.ids_listed(tx, ready.settlement_id)
            _settle(tx, ready, listed, at, policy, patience_ms)


def _settle(
    tx: Connection, ready: Ready, ids: Sequence[int], at: datetime, policy: Policy, patience_ms: int
) -> None:
    wait_at_most(tx, patience_ms)
    scope = Scope(
        ids=sorted({ready.main_id, *ids}), people=PeopleScope(settlements=[ready.settlement_id], named=())
    )
    plan = partial(plan_unified, settlement_ids=[ready.settlement_id], at=at, policy=policy)
    settle(tx, scope, plan, at=at)
