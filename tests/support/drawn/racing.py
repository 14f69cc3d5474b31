"""Two transactions at once, on connections of their own, with the first one stopped where a test wants it.

Not left to luck: the first act stops before it locks its accounts, when it has read them and decided, or before it
commits. Then the second one is begun, and only when it has ended, waits for a lock, or has found nothing to take, does
the first go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import psycopg
import pytest
from sqlalchemy import event as sa_event

from settlement.storage.sql import copy as storage_copy
from settlement.storage.store import Store, driver_cursor

Place = Literal["before locking", "before writing", "before committing"]
# Does something and says whether it is done. One that finds its work in other hands is not, and is done again.
Act = Callable[[Store], bool]
# Nothing here takes longer, however busy the machine is.
PATIENCE_S = 60.0


class Gate:
    """Where the first act stops, once; everything after that goes through."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.reached = threading.Event()
        self.open = threading.Event()

    def stop(self) -> None:
        """Waits for the gate to open, the first time."""
        if not self.reached.is_set():
            self.reached.set()
            assert self.open.wait(PATIENCE_S), "nobody opened the gate"


@contextmanager
def stopped_at(store: Store, place: Place) -> Iterator[Gate]:
    """Whatever this store does stops there. An act that never comes to the place stops before it commits a change."""
    gate = Gate(place)
    is_changing = False

    def writes() -> None:
        nonlocal is_changing
        if place == "before writing":
            gate.stop()
        is_changing = True

    def before(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        is_read = statement.lstrip().startswith(("SELECT", "WITH"))
        if place == "before locking" and "FROM account" in statement and "FOR NO KEY UPDATE" in statement:
            gate.stop()
        elif not is_read:
            writes()

    def cursor(tx: Any) -> Any:
        if tx.engine is store.engine:
            writes()
        return driver_cursor(tx)

    real_commit = store.engine.dialect.do_commit

    def commit(connection: Any) -> None:
        if is_changing:
            gate.stop()
        real_commit(connection)

    patch = pytest.MonkeyPatch()
    patch.setattr(storage_copy, "driver_cursor", cursor)
    patch.setattr(store.engine.dialect, "do_commit", commit)
    sa_event.listen(store.engine, "before_cursor_execute", before)
    try:
        yield gate
    finally:
        gate.open.set()
        sa_event.remove(store.engine, "before_cursor_execute", before)
        patch.undo()


class Racing:
    """Two stores of one database, and a look at who waits for whom."""

    def __init__(self, url: str) -> None:
        self.stores = (Store(url, pool_size=1, lock_timeout_s=30), Store(url, pool_size=1, lock_timeout_s=30))
        self._threads = ThreadPoolExecutor(2)
        self._looking = psycopg.connect(url, autocommit=True)

    def close(self) -> None:
        """Ends both."""
        self._threads.shutdown()
        self._looking.close()
        for store in self.stores:
            store.close()

    def race(self, first: Act, second: Act, *, stop: Place) -> None:
        """Both acts, overlapping; what either raises is raised here. Afterwards both are done."""
        one, two = self.stores
        with stopped_at(one, stop) as gate:
            going = self._threads.submit(first, one)
            _wait(lambda: gate.reached.is_set() or going.done())
            other = self._threads.submit(second, two)
            _wait(lambda: other.done() or self._is_blocked())
            gate.open.set()
            results = [_ended(going), _ended(other)]
        # By turns, for one may wait for what the other has still to do.
        left = [
            partial(act, store)
            for act, store, was_done in zip((first, second), self.stores, results, strict=True)
            if not was_done
        ]

        def are_done() -> bool:
            left[:] = [act for act in left if not act()]
            return not left

        _wait(are_done)

    def _is_blocked(self) -> bool:
        """Is a connection of this database waiting for another one's lock."""
        found = self._looking.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return found.fetchone() is not None


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < deadline, "neither done nor waiting, or its work is never there to be taken"
        time.sleep(0.002)


def _ended(going: Future[bool]) -> bool:
    return going.result(PATIENCE_S)
