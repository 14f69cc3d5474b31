"""Takes waiting events out of the inbox and settles them: claim by account, plan, apply, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from settlement.errors import Busy, Unavailable
from settlement.model.changes import Changes
from settlement.model.commands.unified_settlements import UnifiedCommand
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.model.snapshot import Snapshot
from settlement.operations.inbox.reading import Reading
from settlement.operations.inbox.scope import scope_of
from settlement.operations.schedule.isolation import Failures
from settlement.operations.settle import settle
from settlement.plans.events.plan import plan_events
from settlement.storage.store import Store
from settlement.storage.work import inbox
from settlement.storage.work.inbox import InboxRow


@dataclass(frozen=True, slots=True)
class DrainLimits:
    """How much one transaction handles, and how often a failing event is tried before it is set aside."""

    accounts: int = 500
    events: int = 2000
    max_attempts: int = 5


@dataclass(slots=True)
class DrainResult:
    """What a drain handled: events taken from the inbox, how many of them not booked, and what it came to."""

    events: int = 0
    refused: int = 0
    report: Report = field(default_factory=Report)

    def add(self, other: DrainResult) -> None:
        """Counts what another one handled too."""
        self.events += other.events
        self.refused += other.refused
        self.report.add(other.report)


def drain(store: Store, *, at: datetime, policy: Policy, limits: DrainLimits = DrainLimits()) -> DrainResult:
    """Handles one batch of waiting events; `events` is zero when none can be claimed.

    A batch that fails for a reason nobody foresaw is tried again event by event, so that one bad event holds up
    its own account only, and that one only until it is set aside as parked. Where it waited in vain for accounts, its
    unified settlements are taken out of it, which may be about thousands of them each, and tried alone.

    Raises:
        Unavailable: PostgreSQL is down or busy; the events wait.
    """
    return _Drain(store, at, policy, limits).batch()


def drain_all(
    store: Store,
    *,
    clock: Callable[[], datetime],
    policy: Policy,
    limits: DrainLimits = DrainLimits(),
) -> DrainResult:
    """Drains until nothing can be claimed. `clock` gives the instant under which each batch is booked."""
    total = DrainResult()
    while (batch := drain(store, at=clock(), policy=policy, limits=limits)).events:
        total.add(batch)
    return total


class _Drain:
    """One batch, and its events read once, however often they are tried."""

    def __init__(self, store: Store, at: datetime, policy: Policy, limits: DrainLimits) -> None:
        self.store = store
        self.at = at
        self.policy = policy
        self.limits = limits
        self.reading = Reading()

    def batch(self) -> DrainResult:
        rows: list[InboxRow] = []
        limits = self.limits
        try:
            with self.store.transaction() as tx:
                rows = inbox.claim(
                    tx, accounts=limits.accounts, events=limits.events, others=self.reading.others
                )
                return self._settle(tx, rows)
        except Busy as error:
            return self._settlements_apart(rows, error)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the other accounts
            return self._one_by_one(rows, error)

    def _settle(self, tx: Connection, rows: Sequence[InboxRow]) -> DrainResult:
        if not rows:
            return DrainResult()
        commands, refusals = self.reading.commands(rows)
        refused = 0

        def plan(snapshot: Snapshot) -> Changes:
            nonlocal refused
            changes = plan_events(snapshot, commands=commands, at=self.at, policy=self.policy)
            changes.outcomes.extend(refusals)
            refused = sum(outcome.state != "done" for outcome in changes.outcomes)
            return changes

        report = settle(tx, scope_of(tx, commands, self.policy), plan, at=self.at)
        return DrainResult(len(rows), refused, report)

    def _settlements_apart(self, rows: Sequence[InboxRow], error: Busy) -> DrainResult:
        """What waits for no accounts of a list is booked. The failure is raised again where nothing could be."""
        rest: list[InboxRow] = []
        settlements: list[InboxRow] = []
        behind: set[str] = set()
        for row in rows:
            if row.account in behind or not behind.isdisjoint(self.reading.others(row)):
                behind.add(row.account)
            elif isinstance(self.reading.of(row), UnifiedCommand):
                settlements.append(row)
                behind.add(row.account)
            else:
                rest.append(row)
        if not settlements:
            raise error
        total, failures = DrainResult(), Failures()
        # One that is alone has failed just now; it has its next turn in the next claim.
        alone = [[row] for row in settlements] if len(settlements) > 1 else []
        for part in [rest, *alone]:
            with failures:
                total.add(self._claimed_again(part))
        if not total.events:
            raise error
        return total

    def _claimed_again(self, part: Sequence[InboxRow]) -> DrainResult:
        with self.store.transaction() as tx:
            return self._settle(tx, inbox.claim_again(tx, part, others=self.reading.others) if part else [])

    def _one_by_one(self, rows: Sequence[InboxRow], error: Exception) -> DrainResult:
        """Each event of the failed batch in a transaction of its own, in order.

        One that fails counts an attempt, and the later events of its account wait behind it.
        """
        if not rows:
            raise error
        total = DrainResult()
        stuck: set[str] = set()
        for row in rows:
            if row.account in stuck or not stuck.isdisjoint(self.reading.others(row)):
                stuck.add(row.account)
                continue
            try:
                done = self._claimed_again([row])
                if not done.events:
                    # Another worker has the account, or had it: what follows is not ours to do before it.
                    stuck.add(row.account)
            except Unavailable:
                raise
            except Exception as cause:  # noqa: BLE001 - counted and, in the end, set aside with its reason
                reason = f"{type(cause).__name__}: {cause}"[:1000]
                with self.store.transaction() as tx:
                    inbox.note_failure(tx, row.id, most=self.limits.max_attempts, reason=reason)
                stuck.add(row.account)
                done = DrainResult(events=1)
            total.add(done)
        return total
