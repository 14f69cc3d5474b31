"""A run in which masters of the broker die. Who sends by the stream waits until the replica has it; others send by SQL.

What an event by the stream waits for is `WAIT 1`: only an entry that the replica has counts as taken. One that only the
master had is sent again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from chaos.doors import PATIENCE_S, SqlDoor
from chaos.failover.broker.servers import MASTER, Watched
from chaos.failover.run import PREFIX, Load, Outcome, under_load
from chaos.failover.sender import Sender
from chaos.folder import in_folder
from chaos.workload import Event
from sandbox.local.postgres import OWNER_ROLE, WORKER_ROLE, EmbeddedPostgres
from settlement.storage.migrate import upgrade

# For so long a sender waits until the replica has its entries.
COPIED_MS = 2000
# What came by the stream: only that shows that the broker is there again.
BY_STREAM = "state = 'done' AND event_id LIKE '%-stream-%'"


class CopiedStreamDoor:
    """XADD and WAIT in one round trip: on one connection, so that what is waited for is what was added."""

    def __init__(self, watched: Watched, prefix: str) -> None:
        given = {
            "socket_timeout": PATIENCE_S, "socket_connect_timeout": PATIENCE_S, "retry": Retry(NoBackoff(), 0)
        }  # fmt: skip
        make: Any = Sentinel
        sentinels = make(
            watched.sentinels, sentinel_kwargs=given | {"password": watched.sentinel_password}, **given
        )
        self._client: redis.Redis = sentinels.master_for(MASTER, redis.Redis, password=watched.password)
        self._stream = f"{prefix}stream:events"

    def send(self, events: Sequence[Event]) -> None:
        with self._client.pipeline(transaction=False) as pipe:
            for event in events:
                pipe.xadd(self._stream, {"event": json.dumps(event)})
            pipe.wait(1, COPIED_MS)
            *_, replicas = pipe.execute()
        if not replicas:
            raise redis.ConnectionError("no replica has it")

    def close(self) -> None:
        self._client.close()


def fail_over_broker(*, events: int, failovers: int, seed: int) -> Outcome:
    """So many events at least, and so many masters that die on the way, each with a replica."""

    def run(folder: Path) -> Outcome:
        return _fail_over(folder, events, failovers, seed)

    return in_folder("settle-failover-", run)


def _fail_over(folder: Path, events: int, failovers: int, seed: int) -> Outcome:
    with ExitStack() as stack:
        database = EmbeddedPostgres(folder)
        stack.callback(database.destroy)
        database.start()
        upgrade(database.url(OWNER_ROLE), worker_role=WORKER_ROLE)
        watched = Watched(folder / "valkey")
        stack.callback(watched.destroy)
        url = database.url()
        # Each by itself: who sends by SQL goes on while the broker is away.
        senders = [
            Sender("sql", url, (SqlDoor(url),)),
            Sender("stream", url, (CopiedStreamDoor(watched, PREFIX),)),
        ]
        load = Load(url, watched.url, senders, counted=BY_STREAM)
        return under_load(watched, load, folder, events=events, failovers=failovers, seed=seed)
