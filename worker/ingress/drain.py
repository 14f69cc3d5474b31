"""From the inbox to its effect, in this process: one drain at a time, and the settlements that wait for money."""

from __future__ import annotations

import threading
import time

import structlog

from settlement.errors import Busy, Unavailable
from settlement.operations.bisection import is_locked
from settlement.operations.inbox.deferral import Deferred
from settlement.operations.inbox.drain import drain
from settlement.operations.schedule.unified_settlements import can_resume, settle_unified
from worker import shutdown, traces
from worker.budget import Budget
from worker.heartbeat import durations
from worker.ingress.rate import RateLimit
from worker.nudges import nudge
from worker.runtime import host_now, runtime

log = structlog.stdlib.get_logger(__name__)

DRAIN = "tasks.events.drain"
SETTLEMENTS = "tasks.events.settlements"
# Least time between two drains. An event that comes alone does not wait for it.
INTERVAL_S = 0.02
# How long the locked accounts of settlements are waited for at a time, and the pause until they are tried again. While
# it waits a settlement has others locked, its main account among them: often and briefly is better than once and long.
ROUNDS_MS = (50, 250)
AGAIN_S = 0.25
# Of a batch; the count of all is logged with it, and each is in the inbox.
REFUSALS_LOGGED = 20


class _OneAtATime:
    """Lets one thread of a process do something; a second one leaves a request, and the first goes round again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_busy = False
        self.is_requested = False

    def enter(self) -> bool:
        with self._lock:
            if self._is_busy:
                self.is_requested = True
                return False
            self._is_busy, self.is_requested = True, False
            return True

    def leave_word(self) -> bool:
        """Leaves a request where a thread is busy; false where none is."""
        with self._lock:
            self.is_requested = self.is_requested or self._is_busy
            return self._is_busy

    def leave(self, *, at_once: bool = False) -> bool:
        """False when there was a request meanwhile, unless the thread has to leave `at_once`."""
        with self._lock:
            if self.is_requested and not at_once:
                self.is_requested = False
                return False
            self._is_busy = False
            return True


_drains, _settlements = _OneAtATime(), _OneAtATime()
_rate = RateLimit(INTERVAL_S)
_deferred = Deferred(time.monotonic)


def drain_waiting() -> None:
    """Settles waiting events until none can be claimed. Returns at once when a thread of this process does so already.

    When the time of one message is used up, or the worker stops, it sends a nudge for the rest.

    Raises:
        Unavailable: PostgreSQL is down or busy; the events wait for the next sweep.
    """
    if not _drains.enter():
        return
    try:
        finished = _drain_until_empty()
    except BaseException:
        _drains.leave(at_once=True)
        raise
    if not finished:
        nudge(DRAIN)
    rt = runtime()
    # Money that came may be what a settlement waits for; a look costs one question where none runs. Resuming it may
    # have to wait for the accounts of its list, which a month close may have locked: no event is to wait with it.
    if not _settlements.leave_word() and can_resume(rt.store, clock=rt.now, policy=rt.policy):
        nudge(SETTLEMENTS)


def settle_waiting() -> None:
    """Resumes unified settlements that wait for money. Returns at once when a thread of this process does so.

    Those whose accounts somebody else has locked, a month close as a rule, are tried again until the tick would have
    them in its turn, or the time of one message is used up.

    Raises:
        Unavailable: PostgreSQL is down, or accounts are locked still; the next tick resumes the settlements.
    """
    if not _settlements.enter():
        return
    try:
        limits = runtime().settings.limits
        budget, until = Budget(limits), time.monotonic() + limits.tick_every_s
        while True:
            try:
                _resume_settlements()
            except Busy as error:
                if not is_locked(error) or not budget.may_continue() or time.monotonic() > until:
                    raise
                shutdown.pause(AGAIN_S)
                continue
            if _settlements.leave():
                return
    except BaseException:
        _settlements.leave(at_once=True)
        raise


def _resume_settlements() -> None:
    rt = runtime()
    settlements = settle_unified(
        rt.store, at=rt.now(), policy=rt.policy, whole_list=False, rounds_ms=ROUNDS_MS
    )
    if settlements:
        log.info("unified settlements resumed", settlements=settlements)


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
    _rate.wait()
    while True:
        began = traces.now()
        done = drain(rt.store, at=rt.now(), policy=rt.policy, limits=rt.drain_limits, deferred=_deferred)
        _rate.ended()
        traces.settled(done, began)
        if done.top_ups:
            now = host_now()
            waits = [max(0.0, (now - arrived_at).total_seconds()) for arrived_at in done.top_ups]
            durations.note(durations.TOP_UP, "", *waits)
        for one in done.turned_down[:REFUSALS_LOGGED]:
            log.warning("event not booked", **one._asdict())
        events += done.events
        refused += done.refused
        out_of_time = not budget.may_continue()
        if (not done.events or out_of_time) and _drains.leave(at_once=out_of_time):
            break
        if _drains.is_requested and done.events < rt.drain_limits.events:
            # More is coming in just now: a moment later it is one batch instead of several.
            _rate.wait()
    if events:
        log.info("events settled", events=events, refused=refused)
    return not done.events
