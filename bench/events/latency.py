"""From sending a top-up to its effect being committed and visible: idle, under half load, during a month close."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Self

import psycopg

from bench.events.doors import SOURCE, Event, Send, celery_door, stream_door, top_ups, top_ups_of
from bench.events.http import http_door, http_doors
from bench.events.throughput import EVENT_WORKER
from bench.month_close.measure import CLOSING_WORKER, is_done, run_seconds, start_run
from bench.place.place import Place
from bench.place.workers import workers
from settlement.queries import runs

# Events whose way is followed, per second.
_SAMPLED_PER_S = 20
_LOOK_EVERY_S = 0.002
_PATIENCE_S = 120.0
_WARM_UP = 20
# Of a month close that takes an hour.
_MOST_FOLLOWED = 3600 * _SAMPLED_PER_S + _WARM_UP
_SETTLED = (
    "SELECT event_id FROM inbox WHERE source = %(source)s AND event_id = ANY(%(ids)s) AND state = 'done'"
)
Doors = dict[str, Callable[[Place, dict[str, str]], AbstractContextManager[Send]]]
# Each event by itself, by what it is sent by.
DOORS: Doors = {"stream": stream_door, "celery": celery_door, "http": http_door}
# Who sends the load side by side: each waits until one event is taken before it sends the next.
_SENDERS = {"stream": 1, "celery": 4, "http": 16}


class Follower:
    """Looks every two milliseconds which of the events sent are settled, on a connection of its own.

    `found`: another question of what has come of them; it takes and answers the events' ids.
    """

    def __init__(self, url: str, *, found: str = _SETTLED) -> None:
        self._found = found
        self._connection = psycopg.connect(url, autocommit=True)
        self._sent: dict[str, float] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self.seconds: list[float] = []
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._connection.close()

    def sends(self, event: Event) -> None:
        """The event is sent now."""
        with self._lock:
            self._sent[event["event_id"]] = time.perf_counter()

    def wait(self) -> None:
        """Returns when all events are settled.

        Raises:
            RuntimeError: some are not in time.
        """
        deadline = time.monotonic() + _PATIENCE_S
        while self._sent:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(self._sent)} events were not settled in time")
            time.sleep(_LOOK_EVERY_S)

    def _look(self) -> None:
        while not self._over.wait(_LOOK_EVERY_S):
            with self._lock:
                ids = list(self._sent)
            if not ids:
                continue
            settled = self._connection.execute(self._found, {"source": SOURCE, "ids": ids}).fetchall()
            now = time.perf_counter()
            with self._lock:
                self.seconds.extend(now - self._sent.pop(row[0]) for row in settled)


def idle(place: Place, template: str, door: str, *, samples: int) -> dict[str, Any]:
    """One event at a time, nothing else to do."""
    return _under_load(place, template, door, samples=samples, per_second=0)


def half_load(
    place: Place, template: str, door: str, *, samples: int, full_rate: float, accounts: int
) -> dict[str, Any]:
    """The same while other events come at half the rate that the door was measured to sustain."""
    return _under_load(place, template, door, samples=samples, per_second=full_rate / 2, accounts=accounts)


def _under_load(
    place: Place, template: str, door: str, *, samples: int, per_second: float, accounts: int = 0
) -> dict[str, Any]:
    kind = "half load" if per_second else "idle"
    with place.server.database("latency", template=template) as database:
        url = place.server.worker_url(database)
        environment = place.environment(database)
        followed = top_ups(url, 1, samples + _WARM_UP, name="followed")
        others = top_ups(url, samples + _WARM_UP + 1, accounts, name="load") if per_second else []
        with (
            workers(EVENT_WORKER, 1, environment=environment, logs=place.logs),
            _opened(place, environment, door, 1 + _SENDERS[door] if per_second else 1) as (send, *senders),
            Follower(url) as follower,
            place.progress.bar(f"latency, {door}, {kind}", samples) as advance,
            _load(senders, others, per_second) as load,
        ):
            _send_followed(send, follower, followed, advance)
            follower.wait()
        return figures(follower.seconds[_WARM_UP:]) | (
            {"load_per_s": round(load.per_s)} if per_second else {}
        )


@contextmanager
def _opened(place: Place, environment: dict[str, str], door: str, count: int) -> Iterator[Sequence[Send]]:
    with ExitStack() as doors:
        if door == "http":
            yield doors.enter_context(http_doors(place, environment, count))
        else:
            yield [doors.enter_context(DOORS[door](place, environment)) for _ in range(count)]


class _Load:
    """Events for the same accounts again and again, under new ids, at a rate, each sender its part in a thread."""

    def __init__(self, events: Sequence[Event], per_second: float) -> None:
        self._events = events
        self._per_second = per_second
        self._over = threading.Event()
        self._started = time.perf_counter()
        self._sent: list[int] = []
        self.per_s = 0.0

    def run(self, senders: Sequence[Send]) -> list[threading.Thread]:
        """Starts sending."""
        self._sent = [0] * len(senders)
        threads = [
            threading.Thread(target=self._send, args=(send, number, len(senders)), daemon=True)
            for number, send in enumerate(senders)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _send(self, send: Send, place: int, senders: int) -> None:
        while not self._over.wait(0.02):
            owed = int((time.perf_counter() - self._started) * self._per_second / senders)
            while self._sent[place] < owed and not self._over.is_set():
                number = self._sent[place] * senders + place
                send([self._events[number % len(self._events)] | {"event_id": f"load-{number}"}])
                self._sent[place] += 1

    def end(self) -> None:
        """Sends no more; from here on `per_s` says how many events a second were really sent."""
        self.per_s = sum(self._sent) / (time.perf_counter() - self._started)
        self._over.set()


@contextmanager
def _load(senders: Sequence[Send], events: Sequence[Event], per_second: float) -> Iterator[_Load]:
    load = _Load(events, per_second)
    threads = load.run(senders)
    try:
        yield load
    finally:
        load.end()
        for thread in threads:
            thread.join()


def _send_followed(
    send: Send,
    follower: Follower,
    events: Sequence[Event],
    advance: Callable[[int], None],
    go_on: Callable[[], bool] = lambda: True,
) -> None:
    due = time.perf_counter()
    for event in events:
        if not go_on():
            return
        due += 1 / _SAMPLED_PER_S
        time.sleep(max(0.0, due - time.perf_counter()))
        follower.sends(event)
        send([event])
        advance(1)


def during_month_close(
    place: Place, template: str, door: str, *, accounts: int, range_size: int
) -> dict[str, Any]:
    """Events for accounts of the run itself, spread over all of its ranges, from its start to its end."""
    with place.server.database("latency", template=template) as database:
        url = place.server.worker_url(database)
        environment = place.environment(database, SETTLE_LIMITS__RANGE_SIZE=str(range_size))
        # A fixed stride visits accounts all over the run, those settled already and those still to come.
        visited = [(number * 7919) % accounts + 1 for number in range(min(accounts, _MOST_FOLLOWED))]
        spread = top_ups_of(url, visited, name="followed")
        with (
            place.store(database) as store,
            workers(EVENT_WORKER, 1, environment=environment, logs=place.logs),
            workers(CLOSING_WORKER, 1, environment=environment, logs=place.logs),
            DOORS[door](place, environment) as send,
            Follower(url) as follower,
            place.progress.bar(f"latency, {door}, month close of {accounts:,}", None) as advance,
        ):
            _send_followed(send, follower, spread[:_WARM_UP], advance)
            follower.wait()
            follower.seconds.clear()
            run_id = start_run(place, store, environment, range_size)
            _send_followed(send, follower, spread[_WARM_UP:], advance, lambda: not is_done(store, run_id))
            while not is_done(store, run_id):
                time.sleep(0.2)
            with store.transaction() as tx:
                seconds = run_seconds(runs.run(tx, run_id)) or 0.0
            follower.wait()
            return figures(follower.seconds) | {"month_close_s": round(seconds, 2)}


def figures(seconds: Sequence[float]) -> dict[str, Any]:
    """Number, p50, p99 and the longest, in milliseconds."""
    if len(seconds) < 2:
        raise RuntimeError("too few events were followed; take more accounts or samples")
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {
        "samples": len(seconds),
        "p50_ms": round(cuts[49] * 1000, 1),
        "p99_ms": round(cuts[98] * 1000, 1),
        "max_ms": round(max(seconds) * 1000, 1),
    }
