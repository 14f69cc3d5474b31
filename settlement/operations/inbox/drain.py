"""Takes waiting events out of the inbox and settles them: claim by account, plan, apply, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from settlement.errors import Busy, Refused, Unavailable
from settlement.events.registry import parse_event
from settlement.model.changes import Changes
from settlement.model.commands.command import Command, EventHead
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.model.rows.outcomes import EventOutcome
from settlement.model.snapshot import Snapshot
from settlement.operations.inbox.scope import scope_of
from settlement.operations.schedule.isolation import Failures
from settlement.operations.settle import settle
from settlement.plans.events.plan import plan_events
from settlement.storage.store import Store
from settlement.storage.work import inbox
from settlement.storage.work.inbox import InboxRow

# Types of events that begin so are about whole lists of accounts.
UNIFIED = "unified_settlement_"


@dataclass(frozen=True, slots=True)
class DrainLimits:
    """How much one transaction takes, and how often a failing event is tried before it is set aside."""

    accounts: int = 500
    events: int = 2000
    max_attempts: int = 5


@dataclass(slots=True)
class Drained:
    """What a drain handled: events taken from the inbox, how many of them not booked, and what it came to."""

    events: int = 0
    refused: int = 0
    report: Report = field(default_factory=Report)

    def add(self, other: Drained) -> None:
        """Counts what another one handled too."""
        self.events += other.events
        self.refused += other.refused
        self.report.add(other.report)


def drain(store: Store, *, at: datetime, policy: Policy, limits: DrainLimits = DrainLimits()) -> Drained:
    """Handles one batch of waiting events; `events` is zero when none can be claimed.

    A batch that fails for a reason nobody foresaw is tried again event by event, so that one bad event holds up
    its own account only, and that one only until it is set aside as parked. Where it waited in vain for accounts, its
    unified settlements are taken out of it, which may be about thousands of them each, and tried alone.

    Raises:
        Unavailable: PostgreSQL is down or busy; the events wait.
    """
    rows: list[InboxRow] = []
    try:
        with store.transaction() as tx:
            rows = inbox.claim(tx, accounts=limits.accounts, events=limits.events)
            return _settle_rows(tx, rows, at, policy) if rows else Drained()
    except Busy as error:
        return _settlements_apart(store, rows, error, at=at, policy=policy)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the other accounts
        return _one_by_one(store, rows, error, at=at, policy=policy, limits=limits)


def drain_all(
    store: Store,
    *,
    clock: Callable[[], datetime],
    policy: Policy,
    limits: DrainLimits = DrainLimits(),
) -> Drained:
    """Drains until nothing can be claimed. `clock` gives the instant under which each batch is booked."""
    total = Drained()
    while (batch := drain(store, at=clock(), policy=policy, limits=limits)).events:
        total.add(batch)
    return total


def _settle_rows(tx: Connection, rows: Sequence[InboxRow], at: datetime, policy: Policy) -> Drained:
    commands: list[Command] = []
    refusals: list[EventOutcome] = []
    for row in rows:
        try:
            head = EventHead(row.id, row.source, row.account, row.correlation_id)
            commands.append(parse_event(head, row.type, _decoded(row.data)))
        except Refused as refusal:
            refusals.append(EventOutcome(row.id, "refused", refusal.code, refusal.message))

    refused = 0

    def plan(snapshot: Snapshot) -> Changes:
        nonlocal refused
        changes = plan_events(snapshot, commands=commands, at=at, policy=policy)
        changes.outcomes.extend(refusals)
        refused = sum(outcome.state != "done" for outcome in changes.outcomes)
        return changes

    report = settle(tx, scope_of(tx, commands, policy), plan, at=at)
    return Drained(len(rows), refused, report)


def _decoded(data: str) -> object:
    """PostgreSQL stores numbers of more digits than Python reads; such an event is refused like any other bad one."""
    try:
        return json.loads(data)
    except ValueError as error:
        raise Refused("bad_shape", f"data: {error}") from None


def _settlements_apart(
    store: Store, rows: Sequence[InboxRow], error: Busy, *, at: datetime, policy: Policy
) -> Drained:
    """What waits for no accounts of a list is booked. The failure is raised again where nothing could be."""
    rest: list[InboxRow] = []
    settlements: list[InboxRow] = []
    behind: set[str | None] = set()
    for row in rows:
        if row.account in behind or not behind.isdisjoint(row.others):
            behind.add(row.account)
        elif row.type.startswith(UNIFIED):
            settlements.append(row)
            behind.add(row.account)
        else:
            rest.append(row)
    if not settlements:
        raise error
    total, failures = Drained(), Failures()
    # One that is alone has failed just now; it has its next turn in the next claim.
    alone = [[row] for row in settlements] if len(settlements) > 1 else []
    for part in [rest, *alone]:
        with failures:
            total.add(_claimed_again(store, part, at, policy))
    if not total.events:
        raise error
    return total


def _claimed_again(store: Store, part: Sequence[InboxRow], at: datetime, policy: Policy) -> Drained:
    with store.transaction() as tx:
        rows = inbox.claim_again(tx, part) if part else []
        return _settle_rows(tx, rows, at, policy) if rows else Drained()


def _one_by_one(
    store: Store,
    rows: Sequence[InboxRow],
    error: Exception,
    *,
    at: datetime,
    policy: Policy,
    limits: DrainLimits,
) -> Drained:
    """Each event of the failed batch in a transaction of its own, in order.

    One that fails counts an attempt, and the later events of its account wait behind it.
    """
    if not rows:
        raise error
    total = Drained()
    stuck: set[str] = set()
    for row in rows:
        if row.account in stuck or not stuck.isdisjoint(row.others):
            stuck.add(row.account)
            continue
        try:
            done = _claimed_again(store, [row], at, policy)
            if not done.events:
                # Another worker has the account, or had it: what follows is not ours to do before it.
                stuck.add(row.account)
        except Unavailable:
            raise
        except Exception as cause:  # noqa: BLE001 - counted and, in the end, set aside with its reason
            with store.transaction() as tx:
                inbox.note_failure(
                    tx, row.id, most=limits.max_attempts, reason=f"{type(cause).__name__}: {cause}"[:1000]
                )
            stuck.add(row.account)
            done = Drained(events=1)
        total.add(done)
    return total
