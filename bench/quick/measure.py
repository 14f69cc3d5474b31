"""What a bill and an event cost in CPU time, as a multiple of a yardstick of the same run.

CPU time varies less than the clock beside other work, and a multiple travels between machines: a bill is measured in
hand-made SQL, an event in Celery's tasks that do nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
import redis

from bench.events.doors import QUEUE, celery_door, send_nothing, stream_door, top_ups
from bench.events.throughput import DEBTORS, EVENT_WORKER, NOOP_WORKERS, messages_left
from bench.month_close import measure as month_close
from bench.place.place import Place, sender
from bench.place.usage import cpu_seconds, with_children
from bench.place.workers import workers

BILLS = 20_000
EVENTS = 5_000
REPEATS = 3
_PATIENCE_S = 300.0


def measure(place: Place) -> dict[str, float]:
    """Each figure by name: the least of its repeats, since whatever disturbs a run makes it dearer.

    Raises:
        RuntimeError: the server is not here, so that its CPU time cannot be read.
    """
    if not place.server.embedded:
        raise RuntimeError("CPU time is read of embedded servers alone: unset SETTLE_DATABASE_URL")
    closed = month_close.measure(place, BILLS, repeats=REPEATS, seed=1, orm_sample=0, range_size=None)
    ours = min(pair["workers_cpu_s"] for pair in closed["pairs"])
    yardstick = min(pair["handmade_cpu_s"] for pair in closed["pairs"])
    with place.loaded("quick_debtors", EVENTS, seed=1, mix=DEBTORS) as template:
        noop = min(_noop_us(place, EVENTS, number) for number in range(REPEATS))
        stream = min(_event_us(place, template, EVENTS, number, "stream") for number in range(REPEATS))
        by_name = min(_event_us(place, template, EVENTS, number, "celery") for number in range(REPEATS))
    return {
        "bill ÷ hand-made SQL": round(ours / yardstick, 3),
        "event by stream ÷ no-op task": round(stream / noop, 3),
        "event by Celery, 100 per message ÷ no-op task": round(by_name / noop, 3),
    }


def _event_us(place: Place, template: str, events: int, number: int, by: str) -> float:
    with place.server.database(f"quick_{by}_{number}", template=template) as database:
        url, environment = place.server.worker_url(database), place.environment(database)
        sent = top_ups(url, 1, events, name=f"{by}-{number}")
        with (
            workers(EVENT_WORKER, 1, environment=environment, logs=place.logs) as processes,
            stream_door(place, environment)
            if by == "stream"
            else celery_door(place, environment, per_message=100) as send,
            psycopg.connect(url, autocommit=True) as connection,
            place.progress.bar(f"{events:,} top-ups, {QUEUE} by {by}", None),
        ):
            pids = with_children(processes)
            before = cpu_seconds(pids)
            send(sent)
            _wait_until(lambda: _done(connection) == events)
            used = cpu_seconds([*pids, *place.server.backends(database)]) - before
    return used / events * 1e6


def _noop_us(place: Place, tasks: int, number: int) -> float:
    command = NOOP_WORKERS["threads"]
    environment = place.environment(f"quick_noop_{number}", SETTLE_DATABASE_URL="postgresql://nobody@/none")
    prefix = environment["SETTLE_BROKER_KEY_PREFIX"]
    with (
        workers(command, 1, environment=environment, logs=place.logs, wait=False) as processes,
        redis.Redis.from_url(place.broker_url) as client,
        sender(place, environment) as app,
        place.progress.bar(f"{tasks:,} no-op tasks", None),
    ):
        # It says nothing when it is ready; it is once it has done one.
        send_nothing(app, command.queue, 1)
        _wait_until(lambda: not messages_left(client, prefix, command.queue))
        pids = with_children(processes)
        before = cpu_seconds(pids)
        send_nothing(app, command.queue, tasks)
        _wait_until(lambda: not messages_left(client, prefix, command.queue))
        return (cpu_seconds(pids) - before) / tasks * 1e6


def _done(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM inbox WHERE state = 'done'").fetchone()
    return int(row[0]) if row else 0


def _wait_until(is_over: Callable[[], object]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not is_over():
        if time.monotonic() > until:
            raise RuntimeError("what was sent was not done in time")
        time.sleep(0.1)
