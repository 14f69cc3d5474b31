"""Delivers what waits: claim lanes, send, note what came of it. Rule: R13.3.

Three steps, each of which may be the last one a process makes. Lanes are claimed, and that is committed; messages are
sent, outside any transaction; what came of them is noted. A process that dies after the first step leaves lanes whose
lease ends: their messages come again, under the same id. All lanes in hand are sent at once, in one loop, so that a
receiver that is slow keeps its own lanes waiting and no other.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from settlement.model.announcements.facts import WebhookFacts
from settlement.model.announcements.topics import announcement
from settlement.model.rows.webhooks import Attempt, Health
from settlement.operations.webhooks.addresses import Addresses
from settlement.operations.webhooks.requests import body_of, new_client, post
from settlement.rules.webhooks import FAILING, health_after, retry_in_s
from settlement.storage.store import Store
from settlement.storage.work import outbox
from settlement.storage.work.programs import webhooks
from settlement.storage.work.programs.webhooks import Lane, LaneEnd, Message, Target

if TYPE_CHECKING:
    import httpx
    from sqlalchemy import Connection

# Lanes in one process's hands, and how many of them of one endpoint.
AT_ONCE, EACH = 64, 8
# Messages of a lane that are sent before it is handed back, and for how long.
IN_A_ROW, IN_A_ROW_S = 20, 20.0
# Longer than a lane may be in hand: the last message of a row may take its whole time.
LEASE_S = 60.0
_POLL_S = 0.1
_JITTER = 0.1
# A message, what came of it, and since when it was on its way.
OnAttempt = Callable[[Message, Attempt, datetime], None]


@dataclass(slots=True)
class DeliveryReport:
    """Messages that were taken, and those that were not."""

    delivered: int = 0
    failed: int = 0


class _Work(NamedTuple):
    lane: Lane
    target: Target
    messages: list[Message]


class _Done(NamedTuple):
    lane: Lane
    attempts: list[Attempt]


def deliver(
    store: Store,
    *,
    clock: Callable[[], datetime],
    may_continue: Callable[[], bool],
    private: bool = False,
    verify: Any = True,
    on_attempt: OnAttempt | None = None,
) -> DeliveryReport:
    """Delivers until nothing is due or `may_continue` says no; what is on its way then is waited for.

    `clock` is the host's, by which messages are signed, and receivers know whether one is old. `private`: addresses
    inside, and those without TLS, may be called. `verify`: as httpx takes it. `on_attempt` is called after each try.

    Raises:
        Misconfigured: the extra `webhooks` is not installed.
        Unavailable: PostgreSQL is down or busy. What was sent and not noted is sent again.
    """
    addresses = Addresses(private=private)
    return asyncio.run(_Round(store, clock, may_continue, addresses, verify, on_attempt).run())


@dataclass(slots=True)
class _Round:
    store: Store
    clock: Callable[[], datetime]
    may_continue: Callable[[], bool]
    addresses: Addresses
    verify: Any
    on_attempt: OnAttempt | None
    report: DeliveryReport = field(default_factory=DeliveryReport)
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    in_hand: dict[asyncio.Task[_Done], str] = field(default_factory=dict)

    async def run(self) -> DeliveryReport:
        try:
            while True:
                await self._take_up()
                if not self.in_hand:
                    return self.report
                done, _ = await asyncio.wait(
                    self.in_hand, timeout=_POLL_S, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    del self.in_hand[task]
                if done:
                    await asyncio.to_thread(self._note, [task.result() for task in done])
        finally:
            for task in self.in_hand:
                task.cancel()
            for client in self.clients.values():
                await client.aclose()

    async def _take_up(self) -> None:
        room = AT_ONCE - len(self.in_hand)
        if not room or not self.may_continue():
            return
        for work in await asyncio.to_thread(self._claim, room):
            if work.target.id not in self.clients:
                self.clients[work.target.id] = new_client(self.verify)
            self.in_hand[asyncio.create_task(self._send(work))] = work.target.id

    def _claim(self, room: int) -> list[_Work]:
        busy = Counter(self.in_hand.values())
        with self.store.transaction() as tx:
            lanes = webhooks.claim(tx, most=room, each=EACH, failing=FAILING, busy=busy, lease_s=LEASE_S)
        if not lanes:
            return []
        with self.store.transaction() as tx:
            targets = webhooks.targets(tx, sorted({lane.endpoint_id for lane in lanes}))
            waiting: dict[tuple[str, int], list[Message]] = {}
            for message in webhooks.messages(tx, lanes, each=IN_A_ROW):
                waiting.setdefault((message.endpoint_id, message.account_id), []).append(message)
        return [
            _Work(lane, targets[lane.endpoint_id], waiting.get(lane[:2], []))
            for lane in lanes
            if lane.endpoint_id in targets
        ]

    async def _send(self, work: _Work) -> _Done:
        """The messages of a lane in their order, up to the first that is not taken."""
        attempts: list[Attempt] = []
        until = time.monotonic() + IN_A_ROW_S
        for message in work.messages:
            attempts.append(await self._attempt(work.target, message))
            if not attempts[-1].is_delivered or time.monotonic() > until:
                break
        return _Done(work.lane, attempts)

    async def _attempt(self, target: Target, message: Message) -> Attempt:
        message_id, body = body_of(message)
        began = self.clock()
        try:
            response = await post(
                self.clients[target.id], target, message_id, body, at=self.clock(), addresses=self.addresses
            )
            status, text, retry_after_s = response
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this message's and stops no other
            status, text, retry_after_s = None, f"{type(error).__name__}: {error}"[:500], None
        attempt = Attempt(
            target.id,
            message.account_id,
            message.outbox_id,
            message.attempts + 1,
            status,
            text,
            retry_after_s,
        )
        if self.on_attempt is not None:
            self.on_attempt(message, attempt, began)
        return attempt

    def _note(self, results: Sequence[_Done]) -> None:
        attempts = [attempt for result in results for attempt in result.attempts]
        delivered = sum(attempt.is_delivered for attempt in attempts)
        self.report.delivered += delivered
        self.report.failed += len(attempts) - delivered
        with self.store.transaction() as tx:
            note(tx, attempts, [LaneEnd(result.lane, _in_s(result.attempts)) for result in results])


def note(tx: Connection, attempts: Sequence[Attempt], ends: Sequence[LaneEnd]) -> None:
    """Writes what came of attempts, hands their lanes back, and announces endpoints that are paused or resumed."""
    webhooks.note_attempts(
        tx, [(one.endpoint_id, one.outbox_id, one.status, one.response, one.is_delivered) for one in attempts]
    )
    webhooks.hand_back(tx, ends)
    by_endpoint: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        by_endpoint.setdefault(attempt.endpoint_id, []).append(attempt)
    before = webhooks.health(tx, sorted(by_endpoint))
    after = {name: health_after(health, by_endpoint[name]) for name, health in before.items()}
    succeeded = {attempt.endpoint_id for attempt in attempts if attempt.is_delivered}
    changed = {name: health for name, health in after.items() if health != before[name] or name in succeeded}
    webhooks.set_health(tx, changed, succeeded)
    _announce_pauses(tx, before, after)


def _announce_pauses(tx: Connection, before: dict[str, Health], after: dict[str, Health]) -> None:
    changed = [name for name in after if before[name].paused_because != after[name].paused_because]
    if not changed:
        return
    webhooks.due_now(tx, [name for name in changed if after[name].paused_because is None])
    rows = []
    for name in changed:
        because = after[name].paused_because
        topic = "webhook.paused" if because else "webhook.resumed"
        rows.append(announcement(0, topic, WebhookFacts(name, because), f"webhook:{name}"))
    outbox.announce(tx, rows, at=outbox.now(tx))


def _in_s(attempts: Sequence[Attempt]) -> float:
    """When a lane may be taken up again: at once, or when its first message is due for another try."""
    if not attempts or attempts[-1].is_delivered:
        return 0.0
    return retry_in_s(attempts[-1]) * (1 + random.uniform(0, _JITTER))  # noqa: S311 - spreads tries, hides nothing
