"""Brings events to a door chunk by chunk and, when asked, stays until each of them has its outcome."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from interfaces.cli.commands.events.senders import Sender
from interfaces.fields.values import counted
from settlement.errors import OutcomeUnknown
from settlement.model.arrival import Arrival
from settlement.operations.inbox.drain import drain_all
from settlement.operations.schedule.unified_settlements import settle_unified
from settlement.queries import inbox, repayments
from settlement.queries.inbox import InboxView
from settlement.queries.repayments import PaidView
from worker.runtime import Runtime

CHUNK_EVENTS = 1000
CHUNK_BYTES = 2_000_000
POLL_S = 0.2


class Item(NamedTuple):
    """One event on its way: its line in the file, the message, and how the inbox will know it."""

    line: int
    message: object
    arrival: Arrival


class Stay(Enum):
    """Until when a command stays with its events."""

    SENT = auto()
    HANDLED_BY_WORKERS = auto()
    HANDLED_HERE = auto()


@dataclass(slots=True)
class Delivered:
    """Counts. `accepted`, `repeated` and `refused` are what the door said; the rest is known of events stayed for."""

    sent: int = 0
    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    done: int = 0
    set_aside: int = 0
    waiting: int = 0


class Delivery:
    """One command's events. `on_refused` hears of each event that was refused or parked, with its row.

    `paid` is what those paid at once whose outcome was stayed for.
    """

    def __init__(
        self,
        runtime: Runtime,
        sender: Sender,
        stay: Stay,
        *,
        timeout_s: float,
        on_refused: Callable[[Item, InboxView], None],
    ) -> None:
        self.total = Delivered()
        self.paid: list[PaidView] = []
        self._runtime = runtime
        self._sender = sender
        self._stay = stay
        self._timeout_s = timeout_s
        self._on_refused = on_refused
        self._open: deque[Sequence[Item]] = deque()

    def bring(self, items: Sequence[Item]) -> None:
        """Sends a chunk."""
        received = self._sender.send([item.message for item in items])
        self.total.sent += len(items)
        if received is not None:
            self.total.accepted += received.accepted
            self.total.repeated += received.repeated
            self.total.refused += received.refused
        if self._stay is not Stay.SENT:
            self._open.append(items)
            self._settle_oldest()
        elif received is not None and received.refused:
            self._report(items, self._outcomes(items))

    def finish(self) -> None:
        """Waits for what is still open.

        Raises:
            OutcomeUnknown: the time is over; the events are kept and will be handled.
        """
        until = time.monotonic() + self._timeout_s
        while self._open:
            if self._settle_oldest():
                continue
            if time.monotonic() >= until:
                self.total.waiting = sum(self._waiting(items, self._outcomes(items)) for items in self._open)
                raise OutcomeUnknown(
                    f"without an outcome after {self._timeout_s:g} s: {counted(self.total.waiting, 'event')}; "
                    "what reached the inbox is handled once a worker runs (`settle status` shows whether one does)"
                )
            time.sleep(POLL_S)

    def _settle_oldest(self) -> bool:
        """Notes the outcomes of the oldest chunk if it has all of them."""
        if self._stay is Stay.HANDLED_HERE:
            drain_all(
                self._runtime.store,
                clock=self._runtime.now,
                policy=self._runtime.policy,
                limits=self._runtime.drain_limits,
            )
            # As a worker does: money that came may be what a settlement waits for.
            settle_unified(
                self._runtime.store, at=self._runtime.now(), policy=self._runtime.policy, whole_list=False
            )
        items = self._open[0]
        outcomes = self._outcomes(items)
        if self._waiting(items, outcomes):
            return False
        self._open.popleft()
        done = [row.id for row in outcomes.values() if row.state == "done"]
        with self._runtime.store.transaction() as tx:
            self.paid += repayments.paid_by_events(tx, done)
        self.total.done += len(done)
        self.total.set_aside += sum(row.state != "done" for row in outcomes.values())
        self._report(items, outcomes)
        return True

    def _outcomes(self, items: Sequence[Item]) -> dict[int, InboxView]:
        with self._runtime.store.transaction() as tx:
            return inbox.outcomes(tx, [item.arrival for item in items])

    def _waiting(self, items: Sequence[Item], outcomes: dict[int, InboxView]) -> int:
        """Events without an outcome, those included that have not reached the inbox yet."""
        return len(items) - sum(row.state != "waiting" for row in outcomes.values())

    def _report(self, items: Sequence[Item], outcomes: dict[int, InboxView]) -> None:
        for at, row in outcomes.items():
            if row.state in ("refused", "parked"):
                self._on_refused(items[at], row)
