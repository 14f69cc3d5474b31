"""The one way gateways are called: claim a batch, mind the rate limit, call, book as a set. Rule: R5.5, R5.5e.

Three steps, each of which may be the last one a process makes: rows are claimed, and that is committed; the gateway is
called, outside any transaction; what became of it is booked. A process that dies after the first step leaves rows that
are inquired about, with the same key, when their lease is over. What is sent, what is inquired about and what outcomes
mean is each kind's own: charges, refunds, pre-authorizations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from settlement.errors import Misconfigured
from settlement.gateways.calls import Metered, cleaned
from settlement.gateways.port import Gateway
from settlement.model.gateway.charges import Unknown
from settlement.model.policies.policy import Policy
from settlement.operations.gateway.outcomes import Book, NotBooked, Response, book_set
from settlement.operations.schedule.isolation import Failures
from settlement.storage.store import Store
from settlement.storage.work import rate_limits
from settlement.storage.work.claims import Queue

Row = TypeVar("Row")
Outcome = TypeVar("Outcome")
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Rows in one process's hands at a time, each in a thread of its own, and calls per second by gateway."""

    batch: int = 10
    per_s: Mapping[str, float] = field(default_factory=dict)
    default_per_s: float = 20.0

    def rate(self, gateway: str) -> float:
        """Calls per second that the gateway may get, over all processes and whatever they are about."""
        return self.per_s.get(gateway, self.default_per_s)


DEFAULT_LIMITS = CallLimits()


@dataclass(slots=True)
class CallReport:
    """Rows whose gateway was called, what gateways reported about our own set-up, and why outcomes could not be booked.

    `is_rate_limited`: rows wait because a gateway's rate limit is used up.
    """

    calls: int = 0
    misconfigured: list[str] = field(default_factory=list)
    faults: list[NotBooked] = field(default_factory=list)
    is_rate_limited: bool = False


@dataclass(frozen=True, slots=True)
class CallRound(Generic[Row, Outcome, Response]):
    """Calls for one batch of one kind of rows at every gateway that has some; `calls` is zero when nothing is due.

    `call` makes the calls for one row; `refused` says what it means that the gateway refuses our set-up; `response`
    names what an outcome is about.
    """

    queue: Queue[Row]
    call: Callable[[Metered, Row, Clock, Policy], Outcome]
    refused: Callable[[Row, Clock, str], Outcome]
    response: Callable[[Row, Outcome | Unknown], Response]
    book: Book

    def __call__(
        self,
        store: Store,
        gateways: Mapping[str, Gateway],
        *,
        clock: Clock,
        policy: Policy,
        limits: CallLimits = DEFAULT_LIMITS,
    ) -> CallReport:
        """Every gateway has its turn, whatever goes wrong at another.

        Raises:
            Unavailable: PostgreSQL is down or busy. What was claimed is inquired about when its lease is over.
        """
        report, failures = CallReport(), Failures()
        with store.transaction() as tx:
            waiting = self.queue.waiting(tx, list(gateways), at=clock())
        for name in waiting:
            with failures:
                self._call_batch(store, name, gateways[name], clock, policy, limits, report)
        failures.raise_first()
        return report

    def _call_batch(
        self,
        store: Store,
        name: str,
        gateway: Gateway,
        clock: Clock,
        policy: Policy,
        limits: CallLimits,
        report: CallReport,
    ) -> None:
        rate, at = limits.rate(name), clock()
        with store.transaction() as tx:
            free = rate_limits.allowance(tx, name, per_s=rate, limit=limits.batch)
            if not free:
                report.is_rate_limited = True
                return
            lease = at + policy.collection.send_lease
            rows = self.queue.claim(tx, name, at=at, lease=lease, limit=free)
            rate_limits.use(tx, name, per_s=rate, calls=len(rows))
        metered = [Metered(gateway) for _ in rows]

        def one(row: Row, calls: Metered) -> Response:
            return self.response(row, self._outcome(row, calls, clock, policy, report))

        responses: Sequence[Response] = side_by_side(one, rows, metered)
        report.calls += len(rows)
        made = sum(one_row.calls for one_row in metered)
        if made > len(rows):
            with store.transaction() as tx:
                rate_limits.use(tx, name, per_s=rate, calls=made - len(rows))
        report.faults += book_set(store, responses, self.book, at=clock(), policy=policy)

    def _outcome(
        self, row: Row, gateway: Metered, clock: Clock, policy: Policy, report: CallReport
    ) -> Outcome | Unknown:
        try:
            return self.call(gateway, row, clock, policy)
        except Misconfigured as error:
            report.misconfigured.append(str(error))
            return self.refused(row, clock, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the money may have moved
            return doubt(error)


def doubt(error: Exception) -> Unknown:
    """What a call means that raised something unexpected: the money may have moved."""
    return cleaned(Unknown(f"{type(error).__name__}: {error}"))


Result = TypeVar("Result")


def side_by_side(call: Callable[..., Result], *items: Sequence[object]) -> list[Result]:
    """The calls for all items, each in a thread of its own, since the time goes into waiting; results in order.

    What `call` raises is raised here, after all calls have ended.
    """
    if not items[0]:
        return []
    with ThreadPoolExecutor(max_workers=len(items[0]), thread_name_prefix="gateway") as pool:
        return list(pool.map(call, *items))
