"""From a door of this process into the inbox, and from the inbox to its effect. Rule: R11.1."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import structlog

from settlement.errors import Unavailable
from settlement.operations.inbox.drain import drain
from settlement.operations.inbox.receive import receive_events
from settlement.operations.schedule.unified_settlements import can_go_on, settle_unified
from settlement.storage.work.inbox import Received
from worker import observe
from worker.budget import Budget
from worker.ingress.group_commit import GroupCommit, Pace
from worker.nudges import nudge
from worker.runtime import runtime

log = structlog.stdlib.get_logger(__name__)

DRAIN = "tasks.events.drain"
SETTLEMENTS = "tasks.events.settlements"
# Least time between two transactions of the same kind in this process. An event that comes alone waits for neither.
PACE_S = 0.02


def record(messages: Sequence[object], *, door: str) -> Received:
    """Records messages in the inbox; when it returns they are committed. Nothing that came is ever thrown away.

    A message that cannot be stored even as refused, for a reason nobody foresaw, is stored as the text of itself.

    Raises:
        Unavailable: nothing was recorded; bring them again.
    """
    try:
        received = receive_events(runtime().store, messages, door=door)
    except Unavailable:
        raise
    except Exception:
        log.exception("a batch of events could not be recorded; recording them one by one", door=door)
        parts = [_record_one(message, door) for message in messages]
        received = Received(*(sum(counts) for counts in zip(*parts, strict=True)))
    log.info(
        "events recorded", door=door, **received._asdict(), correlation_ids=observe.correlation_ids(messages)
    )
    return received


def _record_one(message: object, door: str) -> Received:
    store = runtime().store
    try:
        return receive_events(store, [message], door=door)
    except Unavailable:
        raise
    except Exception:
        log.exception("an event could not be recorded as it came; kept as text", door=door)
        return receive_events(store, [ascii(message)], door=door)


_from_celery: GroupCommit[object] = GroupCommit(lambda events: record(events, door="celery"), pace_s=PACE_S)


def accept(events: Sequence[object]) -> None:
    """Records events that came by Celery. Threads that bring one event each share a transaction.

    Raises:
        Unavailable: nothing was recorded; the message has to come again.
    """
    _from_celery.submit(events)


class _OneAtATime:
    """Lets one thread of a process do something; a second one leaves word, and the first goes round again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_busy = False
        self.is_asked = False

    def enter(self) -> bool:
        with self._lock:
            if self._is_busy:
                self.is_asked = True
                return False
            self._is_busy, self.is_asked = True, False
            return True

    def leave(self, *, at_once: bool = False) -> bool:
        """False when somebody asked meanwhile, unless the thread has to leave `at_once`."""
        with self._lock:
            if self.is_asked and not at_once:
                self.is_asked = False
                return False
            self._is_busy = False
            return True


_draining, _settling = _OneAtATime(), _OneAtATime()
_drain_pace = Pace(PACE_S)


def drain_waiting() -> None:
    """Settles waiting events until none can be claimed. Returns at once when a thread of this process does so already.

    When the time of one message is used up, or the worker stops, it sends a nudge for the rest.

    Raises:
        Unavailable: PostgreSQL is down or busy; the events wait for the next sweep.
    """
    if not _draining.enter():
        return
    try:
        finished = _drain_until_empty()
    except BaseException:
        _draining.leave(at_once=True)
        raise
    if not finished:
        nudge(DRAIN)
    rt = runtime()
    # Money that came may be what a settlement waits for; a look costs one question where none runs. Going on may have
    # to wait for the accounts of its list, which a month close may have locked: no event is to wait with it.
    if can_go_on(rt.store, at=rt.now(), policy=rt.policy):
        nudge(SETTLEMENTS)


def settle_waiting() -> None:
    """Goes on with unified settlements that wait for money. Returns at once when a thread of this process does so.

    Raises:
        Unavailable: PostgreSQL is down or busy; the next tick goes on.
    """
    if not _settling.enter():
        return
    rt = runtime()
    try:
        while True:
            if settlements := settle_unified(rt.store, at=rt.now(), policy=rt.policy, whole_list=False):
                log.info("unified settlements went on", settlements=settlements)
            if _settling.leave():
                return
    except BaseException:
        _settling.leave(at_once=True)
        raise


def drain_soon() -> None:
    """The same for whoever has just recorded events: if PostgreSQL goes away now, the sweep settles them."""
    try:
        drain_waiting()
    except Unavailable as error:
        log.warning("events wait for the next sweep", error=str(error))


def _drain_until_empty() -> bool:
    """True when nothing was left to claim, false when time ran out first."""
    rt = runtime()
    budget = Budget(rt.settings.limits)
    events = refused = 0
    _drain_pace.wait()
    while True:
        done = drain(rt.store, at=rt.now(), policy=rt.policy, limits=rt.drain_limits)
        _drain_pace.ended()
        events += done.events
        refused += done.refused
        out_of_time = not budget.go_on()
        if (not done.events or out_of_time) and _draining.leave(at_once=out_of_time):
            break
        if _draining.is_asked and done.events < rt.drain_limits.events:
            # More is coming in just now: a moment later it is one batch instead of several.
            _drain_pace.wait()
    if events:
        log.info("events settled", events=events, refused=refused)
    return not done.events
