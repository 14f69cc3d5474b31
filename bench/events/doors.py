"""Sends top-up events through the doors that are measured, as another program would."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import redis
from celery import Celery

from bench.place.place import Place, sender
from worker.broker import stream_name

QUEUE = "events"
TASK = "tasks.events.receive"
SOURCE = "bench"
_PIPELINED = 500

Event = dict[str, Any]
Send = Callable[[Sequence[Event]], None]


def event(event_type: str, event_id: str, account: str, data: dict[str, Any]) -> Event:
    """An event of the benchmarks' own source."""
    return {"source": SOURCE, "event_id": event_id, "type": event_type, "account": account, "data": data}


def top_ups(url: str, first: int, count: int, *, name: str) -> list[Event]:
    """One top-up for each of `count` accounts from the account `first` on, enough to pay everything they owe."""
    return top_ups_of(url, range(first, first + count), name=name)


def top_ups_of(url: str, account_ids: Sequence[int], *, name: str) -> list[Event]:
    """One such top-up for each of these accounts, in their order, but for those that are parked: what comes for them
    waits for their release.
    """
    with psycopg.connect(url) as connection:
        accounts = connection.execute(
            "SELECT a.external_id, a.currency FROM unnest(%s::bigint[]) WITH ORDINALITY AS w (id, place) "
            "JOIN account a ON a.id = w.id WHERE a.parked_at IS NULL ORDER BY w.place",
            [list(account_ids)],
        ).fetchall()
    return [
        event("top_up", f"{name}-{number}", account, {"currency": currency, "amount": "10000"})
        for number, (account, currency) in enumerate(accounts)
    ]


@contextmanager
def stream_door(place: Place, environment: Mapping[str, str]) -> Iterator[Send]:
    """One stream entry per event; many at once go in one round trip."""
    stream = stream_name(environment["SETTLE_BROKER_KEY_PREFIX"])
    with redis.Redis.from_url(place.broker_url) as client:

        def send(events: Sequence[Event]) -> None:
            for start in range(0, len(events), _PIPELINED):
                with client.pipeline(transaction=False) as pipe:
                    for one in events[start : start + _PIPELINED]:
                        pipe.xadd(stream, {"event": json.dumps(one)})
                    pipe.execute()

        yield send


@contextmanager
def celery_door(place: Place, environment: Mapping[str, str], *, per_message: int = 1) -> Iterator[Send]:
    """One Celery message per `per_message` events, sent by name."""
    with sender(place, environment) as app, app.producer_pool.acquire() as producer:

        def send(events: Sequence[Event]) -> None:
            for start in range(0, len(events), per_message):
                part = list(events[start : start + per_message])
                app.send_task(
                    TASK, args=[part], queue=QUEUE, producer=producer, retry=False, ignore_result=True
                )

        yield send


def send_nothing(app: Celery, queue: str, count: int) -> None:
    """`count` messages of the task that does nothing."""
    with app.producer_pool.acquire() as producer:
        for _ in range(count):
            app.send_task("bench.noop", queue=queue, producer=producer, retry=False, ignore_result=True)
