"""Takes waiting events out of the inbox and settles them: claim by account, plan, apply, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from settlement.errors import Busy, Unavailable
from settlement.model.changes import Changes
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.model.rows.announcements import Announcement
from settlement.model.snapshot import Snapshot
from settlement.operations.bisection import BRIEF_MS, PATIENCE_MS, SHORT_PATIENCE_MS, halved, is_locked
from settlement.operations.inbox.commands import RowCommands
from settlement.operations.inbox.deferral import Deferred
from settlement.operations.inbox.permission import permitted
from settlement.operations.inbox.scope import scope_of
from settlement.operations.schedule.catch_up import postponed_from
from settlement.operations.settle import settle
from settlement.plans.events.plan import plan_events
from settlement.storage.sql.locks import locked_names, wait_at_most
from settlement.storage.store import Store
from settlement.storage.work import inbox
from settlement.storage.work.inbox import InboxRow
from settlement.storage.work.programs import webhooks


@dataclass(frozen=True, slots=True)
class DrainLimits:
    """How much one transaction handles, and how often a failing event is tried before it is set aside.

    `most_bytes` is of the events' data together; a larger event is handled alone.
    """

    accounts: int = 500
    events: int = 2000
    max_attempts: int = 5
    most_bytes: int = inbox.MOST_BYTES


class TurnedDown(NamedTuple):
    """An event that was not booked, by its ids, and the code of the reason."""

    inbox_id: int
    source: str
    event_id: str
    correlation_id: str
    code: str


@dataclass(slots=True)
class DrainResult:
    """What a drain handled: events taken from the inbox, how many of them not booked, and what it came to.

    `top_ups`: when each top-up among them arrived (UTC); `turned_down`: those that were not booked; `rows`: all of
    them; `announced`: what follows from them.
    """

    events: int = 0
    refused: int = 0
    report: Report = field(default_factory=Report)
    top_ups: list[datetime] = field(default_factory=list)
    turned_down: list[TurnedDown] = field(default_factory=list)
    rows: list[InboxRow] = field(default_factory=list)
    announced: list[Announcement] = field(default_factory=list)

    def count(self, other: DrainResult) -> None:
        """Adds what another one handled to the figures, and nothing for each event."""
        self.events += other.events
        self.refused += other.refused
        self.report.add(other.report)

    def add(self, other: DrainResult) -> None:
        """Adds all of what another one handled."""
        self.count(other)
        self.top_ups += other.top_ups
        self.turned_down += other.turned_down
        self.rows += other.rows
        self.announced += other.announced


def drain(
    store: Store,
    *,
    at: datetime,
    policy: Policy,
    limits: DrainLimits = DrainLimits(),
    deferred: Deferred | None = None,
) -> DrainResult:
    """Handles one batch of waiting events; `events` is zero when none can be claimed.

    A batch that fails, for whatever reason, is tried again in halves, down to the event at fault, which holds up its
    own account only. One whose account somebody else has locked waits, and is `deferred` for a while. Any other counts
    an attempt, and is set aside as parked in the end. `at`: the instant (UTC) of booking, unless an event of the batch
    arrived after it. Rule: R3.6f, R11.8.

    Raises:
        Unavailable: PostgreSQL is down, or so busy that not one event could be handled; they wait.
    """
    return _Drain(store, at, policy.at(at), limits, deferred or Deferred()).batch()


def drain_all(
    store: Store, *, clock: Callable[[], datetime], policy: Policy, limits: DrainLimits = DrainLimits()
) -> DrainResult:
    """Drains until nothing can be claimed. `clock` gives the instant under which each batch is booked.

    The result has figures alone: events may be very many.

    Raises:
        Unavailable: PostgreSQL is down, or, when all others were handled, events wait whose accounts are locked.
    """
    total, deferred = DrainResult(), Deferred()
    while (batch := drain(store, at=clock(), policy=policy, limits=limits, deferred=deferred)).events:
        total.count(batch)
    if locked := deferred.now():
        raise Busy(f"PostgreSQL: {len(locked)} accounts are locked by somebody else; their events wait")
    return total


class _Drain:
    """One batch, and its events read once, however often they are tried."""

    def __init__(
        self, store: Store, at: datetime, policy: Policy, limits: DrainLimits, deferred: Deferred
    ) -> None:
        self.store = store
        self.at = at
        self.policy = policy
        self.limits = limits
        self.deferred = deferred
        self.read = RowCommands()
        self.total = DrainResult()
        # Accounts with an event that could not be handled: the later ones wait behind it.
        self.stuck: set[str] = set()
        # Accounts that somebody else had locked when the batch failed for that.
        self.locked: set[str] = set()

    def batch(self) -> DrainResult:
        rows: list[InboxRow] = []
        try:
            with self.store.transaction() as tx:
                rows = self._in_order_of_time(tx, self._claim(tx))
                if not rows:
                    return DrainResult()
                is_suspect = self.deferred.knows(row.account for row in rows)
                wait_at_most(tx, SHORT_PATIENCE_MS if is_suspect else PATIENCE_MS)
                done = self._settle(tx, rows)
        except Exception as error:  # whatever it is, it must not stop the other accounts
            if not rows or (isinstance(error, Unavailable) and not isinstance(error, Busy)):
                raise
            return self._in_halves(rows, error)
        self.deferred.forget(row.account for row in rows)
        return done

    def _claim(self, tx: Connection) -> list[InboxRow]:
        limits = self.limits
        return inbox.claim(
            tx,
            accounts=limits.accounts,
            events=limits.events,
            most_bytes=limits.most_bytes,
            passed_over=self.deferred.now(),
            others=self.read.others,
        )

    def _in_order_of_time(self, tx: Connection, rows: list[InboxRow]) -> list[InboxRow]:
        """The events that may be booked now. Rule: R3.6d, R3.6f.

        After an outage those that arrived before the oldest missed instant come first, under the instant at which the
        last of them arrived; those after it wait. None is booked under an instant before it arrived: whoever books may
        have read the clock and then stood still.
        """
        if not rows:
            return rows
        self.at = max(self.at, *(row.received_at for row in rows))
        bound = postponed_from(tx, min(row.received_at for row in rows), at=self.at, policy=self.policy)
        if bound is None:
            return rows
        early = [row for row in rows if row.received_at < bound]
        self.at = max((row.received_at for row in early), default=self.at)
        return early

    def _settle(self, tx: Connection, rows: Sequence[InboxRow]) -> DrainResult:
        commands, refusals = self.read.commands(rows)
        commands, not_allowed = permitted(tx, rows, commands)
        refusals += not_allowed
        codes: dict[int, str] = {}
        announced: list[Announcement] = []
        sources = webhooks.sources_that_want(tx, "event.done")

        def plan(snapshot: Snapshot) -> Changes:
            changes = plan_events(
                snapshot, commands=commands, at=self.at, policy=self.policy, announced_for=sources
            )
            changes.outcomes.extend(refusals)
            announced[:] = changes.announcements
            codes.clear()
            codes.update(
                (one.inbox_id, one.reason_code or one.state)
                for one in changes.outcomes
                if one.state != "done"
            )
            return changes

        report = settle(tx, scope_of(tx, commands, self.policy), plan, at=self.at)
        turned_down = [
            TurnedDown(row.id, row.source, row.event_id, row.correlation_id, codes[row.id])
            for row in rows
            if row.id in codes
        ]
        top_ups = [row.received_at for row in rows if row.type == "top_up"]
        return DrainResult(len(rows), len(codes), report, top_ups, turned_down, list(rows), announced)

    def _in_halves(self, rows: Sequence[InboxRow], error: Exception) -> DrainResult:
        """What could be handled. The failure is raised again where nothing could be and no event is at fault."""
        if is_locked(error):
            # Nobody waits for many accounts that somebody else has locked, one after the other.
            names = {name for row in rows for name in (row.account, *self.read.others(row))}
            with self.store.transaction() as tx:
                self.locked = locked_names(tx, names)
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            halved(half, self._settle_part, self._at_fault)
        if not self.total.events:
            raise error
        return self.total

    def _settle_part(self, part: Sequence[InboxRow]) -> None:
        rows = self._not_behind(part)
        if not rows:
            return
        with self.store.transaction() as tx:
            claimed = inbox.claim_again(tx, rows, others=self.read.others)
            if claimed:
                wait_at_most(tx, BRIEF_MS)
                done = self._settle(tx, claimed)
        if claimed:
            self.total.add(done)
        # Another worker has those accounts, or had them: what follows is not ours to do before it.
        there = {row.id for row in claimed}
        self.stuck.update(row.account for row in rows if row.id not in there)

    def _not_behind(self, part: Sequence[InboxRow]) -> list[InboxRow]:
        rows = []
        for row in part:
            others = self.read.others(row)
            if row.account in self.stuck or not self.stuck.isdisjoint(others):
                self.stuck.add(row.account)
            elif row.account in self.locked or not self.locked.isdisjoint(others):
                self.stuck.add(row.account)
                self.deferred.add(row.account)
            else:
                rows.append(row)
        return rows

    def _at_fault(self, row: InboxRow, error: Exception) -> None:
        self.stuck.add(row.account)
        if is_locked(error):
            self.deferred.add(row.account)
            return
        reason = f"{type(error).__name__}: {error}"[:1000]
        with self.store.transaction() as tx:
            inbox.note_failure(tx, row.id, most=self.limits.max_attempts, reason=reason)
        self.total.add(DrainResult(events=1))
