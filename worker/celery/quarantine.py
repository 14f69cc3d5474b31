"""From the consumer into the quarantine: messages that no task could take, written by a thread of their own.

A message stays with the broker, unacknowledged, until its row is committed. While PostgreSQL is away it is handed out
again after the visibility timeout, and found to be known then. Rule: R11.6.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import structlog

from settlement.errors import Unavailable
from settlement.storage.work import quarantine
from settlement.storage.work.quarantine import Misfit
from worker import shutdown
from worker.runtime import runtime

log = structlog.stdlib.get_logger(__name__)

AGAIN_AFTER_S = 2.0
# How many wait in memory at most; a message beyond them waits with the broker.
MOST_WAITING = 100


class Quarantine:
    """Takes messages in, and calls back from its thread when each is committed."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[Misfit, Callable[[], None], Callable[[], None]]] = queue.Queue(
            MOST_WAITING
        )
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, misfit: Misfit, kept: Callable[[], None], given_up: Callable[[], None]) -> None:
        """Keeps a message soon, or, with too many waiting, when the broker hands it out again. Never blocks.

        `given_up` is called where it could not be kept this time.
        """
        with self._lock:
            if self._thread is None:
                # Only a worker that meets such a message needs the thread.
                self._thread = threading.Thread(target=self._run, name="quarantine", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait((misfit, kept, given_up))
        except queue.Full:
            log.warning("too many messages to set aside; the broker hands this one out again")
            given_up()

    def _run(self) -> None:
        while True:
            misfit, kept, given_up = self._waiting.get()
            while not shutdown.requested():
                try:
                    with runtime().store.transaction() as tx:
                        quarantine.keep(tx, misfit)
                except Unavailable as error:
                    log.warning("a message cannot be set aside yet", error=str(error))
                    shutdown.pause(AGAIN_AFTER_S)
                except Exception:
                    # The broker hands it out again, and this is stated again.
                    log.exception("a message could not be set aside")
                    given_up()
                    break
                else:
                    kept()
                    break
