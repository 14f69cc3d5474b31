"""Events in: whoever comes while a transaction commits shares the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from interfaces.http.problems import Problem
from settlement.model.arrival import Arrival
from settlement.operations.inbox.receive import record_and_read
from settlement.queries import Store
from settlement.queries.inbox import InboxView
from worker import traces

INGRESS = "http"
# What one transaction records, and how many events may wait for theirs before a sender is told to come later.
_MOST_TOGETHER = 2_000
_MOST_WAITING = 20_000
# Least time between two transactions. An event that comes alone does not wait for it; under load it doubles what one
# transaction records, and halves what an event costs.
_INTERVAL_S = 0.005


@dataclass(slots=True)
class _Group:
    arrivals: Sequence[Arrival]
    done: asyncio.Future[dict[int, InboxView]]


class Intake:
    """Records events and says what is known of each. `on_accepted` is called after a commit, in a thread."""

    def __init__(self, store: Store, *, on_accepted: Callable[[], object]) -> None:
        self._store = store
        self._on_accepted = on_accepted
        self._waiting: list[_Group] = []
        self._count = 0
        self._committing: asyncio.Task[None] | None = None
        # Its own thread: events are taken in however many people read.
        self._turn = CapacityLimiter(1)

    async def receive(self, arrivals: Sequence[Arrival]) -> dict[int, InboxView]:
        """The rows of these events by position, once they are committed.

        Raises:
            Problem: more wait than can be recorded in time (429).
            Unavailable: they were not all recorded; sending them again is safe.
        """
        if self._count + len(arrivals) > _MOST_WAITING and self._waiting:
            raise Problem(429, "too_many", "more events come than can be recorded; send these again")
        group = _Group(traces.carried(arrivals), asyncio.get_running_loop().create_future())
        self._waiting.append(group)
        self._count += len(arrivals)
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_all())
        return await group.done

    def wake(self) -> None:
        """Something waits in the inbox that came before."""
        self._on_accepted()

    async def _commit_all(self) -> None:
        try:
            while self._waiting:
                await self._commit(self._next_together())
                await asyncio.sleep(_INTERVAL_S)
        finally:
            self._committing = None

    def _next_together(self) -> list[_Group]:
        groups: list[_Group] = []
        count = 0
        while self._waiting and (not groups or count + len(self._waiting[0].arrivals) <= _MOST_TOGETHER):
            groups.append(self._waiting.pop(0))
            count += len(groups[-1].arrivals)
        self._count -= count
        return groups

    async def _commit(self, groups: Sequence[_Group]) -> None:
        together = [arrival for group in groups for arrival in group.arrivals]
        try:
            found = await run_sync(self._record, together, limiter=self._turn)
        except Exception as error:  # noqa: BLE001 - it is each sender's answer
            for group in groups:
                if not group.done.done():
                    group.done.set_exception(error)
            return
        start = 0
        for group in groups:
            own = range(start, start + len(group.arrivals))
            start = own.stop
            if not group.done.done():
                group.done.set_result({at - own.start: found[at] for at in own if at in found})

    def _record(self, arrivals: Sequence[Arrival]) -> dict[int, InboxView]:
        found = record_and_read(self._store, arrivals, ingress=INGRESS)
        if any(row.state == "waiting" for row in found.values()):
            self._on_accepted()
        return found
