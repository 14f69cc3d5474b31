"""All metrics together. How many statements they take does not depend on what there is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from interfaces.http.metrics import audits, backlog, broker, calendar, database, money, processes, work
from interfaces.http.metrics.exposition import Family, exposition
from worker.processes import silent_after_s
from worker.runtime import Runtime

# What reads each unsettled bill, or looks at every table, is read no more often than this.
SLOW_EVERY_S = 60.0


class Metrics:
    """The metrics of one server. Safe to ask from several threads."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = threading.Lock()
        self._slow: list[Family] = []
        self._slow_until = float("-inf")

    def text(self) -> str:
        """The figures in Prometheus' text format.

        Raises:
            Unavailable: PostgreSQL cannot be reached.
        """
        runtime = self._runtime
        at = runtime.as_of()
        policy = runtime.policy
        today = at.astimezone(policy.zone).date()
        with runtime.store.transaction() as tx:
            families = [
                *calendar.families(tx, at=at, policy=policy),
                *processes.families(tx, silent_after_s=silent_after_s(runtime.settings)),
                *work.families(tx, at),
                *backlog.families(tx),
                *audits.families(tx),
                *self._seldom(tx, lambda tx: (*money.families(tx, today), *database.families(tx))),
            ]
        return exposition([*families, *broker.families(runtime.settings)])

    def _seldom(self, tx: Connection, read: Callable[[Connection], Iterable[Family]]) -> list[Family]:
        with self._lock:
            if time.monotonic() >= self._slow_until:
                self._slow = list(read(tx))
                self._slow_until = time.monotonic() + SLOW_EVERY_S
            return self._slow
