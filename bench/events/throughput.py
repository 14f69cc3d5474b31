"""Top-ups settled per second, door by door, beside what Celery does when its task does nothing.

Everything is sent first, with no worker there; then the workers start, and the time runs from the first message they
take to the last effect committed. So neither the sender nor the start of a process is part of any figure. By HTTP it
runs from the first event accepted, and sender and server are part of it.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import psycopg
import redis

from bench.events import http
from bench.events.doors import QUEUE, Send, celery_door, send_nothing, stream_door, top_ups
from bench.events.table import Door
from bench.month_close.data import Mix
from bench.place.place import Place, sender
from bench.place.workers import WorkerCommand, as_shipped, workers

EVENT_WORKER = as_shipped(QUEUE)
# Celery at its best: as many threads as our worker has, and the pool that it uses by default; logging next to nothing.
NOOP_WORKERS = {
    "threads": WorkerCommand("bench.events.noop_app", "noop", "threads", EVENT_WORKER.size, "WARNING"),
    "prefork": WorkerCommand("bench.events.noop_app", "noop", "prefork", 2, "WARNING"),
}
# Every account owes last month's bill and has no money; a top-up settles it.
DEBTORS = Mix(
    without_money=1, short_of_money=0, credit_control=0, frozen=0, switch_off=0, on_hold=0, parked=0,
    cards=0.05, refunds=0.02, unsettled_before=1, open_cycle=0, credit_balance=0, carried_in=0,
)  # fmt: skip
_POLL_S = 0.01
_PATIENCE_S = 600.0


def noop_rate(place: Place, command: WorkerCommand, *, processes: int, tasks: int, name: str) -> float:
    """Tasks per second that do nothing, on `processes` worker processes."""
    environment = place.environment(f"bench_noop_{name}", SETTLE_DATABASE_URL="postgresql://nobody@/none")
    prefix = environment["SETTLE_BROKER_KEY_PREFIX"]
    with (
        redis.Redis.from_url(place.broker_url) as client,
        sender(place, environment) as app,
        place.progress.bar(f"{tasks:,} no-op tasks, {command.pool}", tasks) as advance,
    ):
        send_nothing(app, command.queue, tasks)
        left = tasks_at_start = tasks
        started = now = 0.0
        with workers(command, processes, environment=environment, logs=place.logs, wait=False):
            deadline = time.monotonic() + _PATIENCE_S
            while left:
                now_left = messages_left(client, prefix, command.queue)
                now = time.perf_counter()
                if not started and now_left < tasks:
                    started, tasks_at_start = now, now_left
                advance(left - now_left)
                left = now_left
                if time.monotonic() > deadline:
                    raise RuntimeError("the no-op tasks were not done in time")
                time.sleep(_POLL_S)
    return tasks_at_start / (now - started)


def messages_left(client: redis.Redis, prefix: str, queue: str) -> int:
    """Messages that wait and that workers have not acknowledged, over Celery's own transport."""
    with client.pipeline(transaction=True) as pipe:
        pipe.llen(prefix + queue)
        pipe.hlen(prefix + "unacked")
        waiting, unacknowledged = pipe.execute()
    return int(waiting) + int(unacknowledged)


def event_rate(place: Place, template: str, door: Door, *, processes: int, events: int, name: str) -> float:
    """Top-ups per second through a door, each settling a bill.

    Raises:
        RuntimeError: not every event was settled, or a bill is left.
    """
    count = max(door.events, int(events * door.share))
    with place.server.database(f"events_{door.name}", template=template) as database:
        url = place.server.worker_url(database)
        environment = place.environment(database)
        top_up_events = top_ups(url, 1, count, name=name)
        label = f"{count:,} top-ups, {door.name}"
        if door.by != "http":
            with _opened(place, door, environment) as send, place.progress.bar(f"{label}: send", None):
                send(top_up_events)
        place.server.checkpoint()
        with place.progress.bar(label, count) as advance, psycopg.connect(url, autocommit=True) as connection:
            with ExitStack() as running:
                running.enter_context(
                    workers(EVENT_WORKER, processes, environment=environment, logs=place.logs)
                )
                if door.by == "http":
                    # A request that nobody answers cannot wait for the workers: sender and server run beside them.
                    address, key = running.enter_context(http.serving(place, database, environment))
                    http.send(address, key, top_up_events, per_request=door.events)
                _wait_until_settled(connection, count, advance)
            return count / _seconds(connection, count)


def _opened(place: Place, door: Door, environment: dict[str, str]) -> AbstractContextManager[Send]:
    if door.by == "stream":
        return stream_door(place, environment)
    return celery_door(place, environment, per_message=door.events)


def _wait_until_settled(connection: psycopg.Connection, count: int, advance: Any) -> None:
    shown = 0
    deadline = time.monotonic() + _PATIENCE_S
    while shown < count:
        # The sequence of the inbox would count repeats, and a count of settled rows reads them all: rarely, then.
        time.sleep(0.5)
        row = connection.execute("SELECT count(*) FROM inbox WHERE state <> 'waiting'").fetchone()
        done = row[0] if row else 0
        advance(done - shown)
        shown = done
        if time.monotonic() > deadline:
            raise RuntimeError(f"{count - shown} of {count} events were not settled in time")


def _seconds(connection: psycopg.Connection, count: int) -> float:
    row = connection.execute(
        "SELECT count(*) FILTER (WHERE state = 'done'), "
        "extract(epoch FROM max(finished_at) - min(received_at)), "
        "(SELECT count(*) FROM bill WHERE state = 'unsettled' AND account_id <= %s) FROM inbox",
        [count],
    ).fetchone()
    if row is None or row[0] != count or row[2]:
        raise RuntimeError(f"of {count} events (done, seconds, bills left unsettled): {row}")
    return float(row[1])
