"""The thread that writes down every few seconds that this process is there, and what it did. Rule: R11.10a.

It has a connection of its own with short time limits, and whatever fails in it is logged once and hurts no work. A
process of a forking pool writes only what it did: the one that it belongs to says that they are there.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import Connection

from config.settings import Settings
from settlement import __version__
from settlement.storage.store import Store
from settlement.storage.work import test_clock
from settlement.storage.work.operating import processes
from settlement.storage.work.operating.processes import Process, ProcessKind
from settlement.storage.work.settings import versions as stored
from worker.heartbeat import durations
from worker.heartbeat.fingerprint import fingerprint
from worker.servers import database_url

log = structlog.stdlib.get_logger(__name__)

# Nothing waits for a heartbeat, and it waits for nothing.
STATEMENT_S, LOCK_S, CONNECT_S = 3.0, 1.0, 2.0
JOIN_S = 5.0


class Heartbeat:
    """Writes a process down until it stops. `is_alive`: is its main loop; while it hangs nothing is written."""

    def __init__(
        self, settings: Settings, process: Process, is_alive: Callable[[], bool] = lambda: True
    ) -> None:
        self.process = process
        self._settings = settings
        self._is_alive = is_alive
        self._store: Store | None = None
        self._stop = threading.Event()
        self._is_failing = False
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begins, at once."""
        self._thread.start()

    def stop(self) -> None:
        """Writes the last of it, and removes the process."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)

    def close(self) -> None:
        """Closes its connection; the next heartbeat opens another."""
        if self._store is not None:
            self._store.close()

    def write(self) -> None:
        """Writes it down once; what was counted stays counted when that fails."""
        counted, last = durations.take()
        try:
            with self._open().transaction() as tx:
                self._record(tx, last)
                processes.add_durations(tx, counted)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hurt the work
            durations.put_back(counted, last)
            if not self._is_failing:
                log.warning(
                    "no heartbeat could be written; work goes on",
                    error=f"{type(error).__name__}: {error}"[:300],
                )
            self._is_failing = True
        else:
            self._is_failing = False

    def _record(self, tx: Connection, last: dict[str, str]) -> None:
        processes.seen(tx, self.process, settings=self._fingerprint(tx), worked=last)
        processes.trim(tx)

    def _fingerprint(self, tx: Connection) -> str:
        if self.process.kind == "beat":
            return ""
        own, test, _ = test_clock.read_clocks(tx, test_clock=self._settings.test_clock)
        return fingerprint(self._settings, stored.every(tx), test or own)

    def _run(self) -> None:
        every_s = self._settings.limits.heartbeat_every_s
        while True:
            if self._is_alive():
                self.write()
            if self._stop.wait(every_s):
                break
        self.write()
        self._leave()
        self.close()

    def _leave(self) -> None:
        try:
            with self._open().transaction() as tx:
                processes.gone(tx, self.process.id)
        except Exception as error:  # noqa: BLE001 - as above
            log.debug("no heartbeat", error=f"{type(error).__name__}: {error}"[:300])

    def _open(self) -> Store:
        if self._store is None:
            self._store = Store(
                database_url(self._settings), statement_timeout_s=STATEMENT_S, lock_timeout_s=LOCK_S,
                idle_in_transaction_timeout_s=STATEMENT_S, connect_timeout_s=CONNECT_S, pool_size=1, pool_overflow=0,
            )  # fmt: skip
        return self._store


class PoolHeartbeat(Heartbeat):
    """Writes what a process of a forking pool did, under the worker that it belongs to."""

    def _record(self, tx: Connection, last: dict[str, str]) -> None:
        if last:
            processes.worked(tx, self.process.id, last)

    def write(self) -> None:
        """Nothing where it did nothing."""
        if durations.has_any():
            super().write()

    def _leave(self) -> None:
        """The worker says so."""


def this_process(kind: ProcessKind, name: str, queues: Sequence[str] = ()) -> Process:
    """Who this process is, from now on."""
    return Process(
        str(uuid.uuid4()),
        socket.gethostname(),
        os.getpid(),
        kind,
        name,
        tuple(queues),
        __version__,
    )
