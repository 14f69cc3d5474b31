"""Sends events as other programs would: SQL INSERT into the inbox, an entry of the Redis stream, Celery by name."""

from __future__ import annotations

import json
from collections.abc import Sequence

import psycopg

from interfaces.cli.commands.events.senders import Via, sender
from sandbox.demo.cast import Event
from worker.runtime import Runtime
from worker.servers import database_url

_INSERT = """
    INSERT INTO inbox (source, event_id, type, account, data)
    VALUES (%(source)s, %(event_id)s, %(type)s, %(account)s, %(data)s)"""


def by_sql(runtime: Runtime, events: Sequence[Event]) -> None:
    """Inserts them in one transaction, as an upstream does in its own; nobody is told."""
    rows = [{**event, "data": json.dumps(event["data"])} for event in events]
    with psycopg.connect(database_url(runtime.settings)) as connection, connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)


def by_stream(runtime: Runtime, events: Sequence[Event]) -> None:
    """Adds an entry for each to the Redis stream."""
    sender(Via.STREAM, runtime).send(events)


def by_celery(runtime: Runtime, events: Sequence[Event], *, per_message: int = 1) -> None:
    """Sends them to `tasks.events.receive`, `per_message` of them in each message."""
    ingress = sender(Via.CELERY, runtime)
    for start in range(0, len(events), per_message):
        ingress.send(events[start : start + per_message])
