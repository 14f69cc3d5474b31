"""The doors by which events come in, as somebody else's program would use them: plain SQL, XADD, a task's name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

import psycopg
import redis
from celery import Celery
from redis.backoff import NoBackoff
from redis.retry import Retry

from chaos.workload import Event

INSERT = """INSERT INTO inbox (source, event_id, type, account, data)
            VALUES (%(source)s, %(event_id)s, %(type)s, %(account)s, CAST(%(data)s AS jsonb))"""
# A sender that hears nothing for so long sends again.
PATIENCE_S = 4
Failure = (psycopg.Error, redis.RedisError, OSError)


class DoorOut(Protocol):
    """One door, seen from outside."""

    def send(self, events: Sequence[Event]) -> None:
        """Returns when the events were taken. After any exception it is unknown whether they were."""

    def close(self) -> None:
        """Gives up the connection."""


class SqlDoor:
    """One INSERT after the other in a transaction of the sender."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None

    def send(self, events: Sequence[Event]) -> None:
        rows = [event | {"data": json.dumps(event["data"])} for event in events]
        try:
            if self._connection is None:
                self._connection = psycopg.connect(
                    self._url, connect_timeout=PATIENCE_S, tcp_user_timeout=PATIENCE_S * 1000,
                    options=f"-c statement_timeout={PATIENCE_S}s -c lock_timeout={PATIENCE_S}s",
                )  # fmt: skip
            with self._connection.cursor() as cursor:
                cursor.executemany(INSERT, rows)
            self._connection.commit()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class StreamDoor:
    """XADD, a transaction for those in bulk."""

    def __init__(self, url: str, prefix: str) -> None:
        self._client = redis.Redis.from_url(
            url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S, retry=Retry(NoBackoff(), 0)
        )
        self._stream = f"{prefix}stream:events"

    def send(self, events: Sequence[Event]) -> None:
        with self._client.pipeline(transaction=True) as pipe:
            for event in events:
                pipe.xadd(self._stream, {"event": json.dumps(event)})
            pipe.execute()

    def close(self) -> None:
        self._client.close()


class NameDoor:
    """Celery's own client and a task's name; a list of events in one message."""

    def __init__(self, url: str, prefix: str) -> None:
        self._app = Celery("producer", broker=url, set_as_current=False)
        self._app.conf.broker_transport_options = {
            "global_keyprefix": prefix, "socket_timeout": PATIENCE_S, "socket_connect_timeout": PATIENCE_S,
            "max_retries": 0,
        }  # fmt: skip

    def send(self, events: Sequence[Event]) -> None:
        given: Any = list(events) if len(events) > 1 else events[0]
        self._app.send_task("tasks.events.receive", args=[given], queue="events", retry=False)

    def tick(self, task: str) -> None:
        """A task without arguments, as beat sends it."""
        self._app.send_task(task, queue=task.split(".")[1].replace("_", "-"), retry=False)

    def close(self) -> None:
        self._app.close()
