"""Looks at the two servers: are they there, which version, in what shape. Asked once, with short time limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import redis
from sqlalchemy import Connection

from config.settings import Settings, without_password
from interfaces.cli.failures import failure_of
from settlement.queries.schema import schema
from worker.broker import GROUP, lists_in_hand, redis_client, speaks_redis, stream_names, too_old
from worker.queues import ALL
from worker.runtime import Runtime, host_now
from worker.servers import LocalServerError, broker_url, database_url


@dataclass(frozen=True, slots=True)
class DatabaseProbe:
    """PostgreSQL as it was found. `error` says why the rest is missing; `now` and `host_now` are its clock and ours,
    `skew_s` the one minus the other.

    `migrated`: the schema is the one this program expects, or a newer one.
    """

    place: str
    error: str | None = None
    version: str = ""
    is_supported: bool = False
    role: str = ""
    revision: str | None = None
    expected_revision: str = ""
    migrated: bool = False
    may_change: tuple[str, ...] = ()
    now: datetime | None = None
    host_now: datetime | None = None
    skew_s: float = 0.0


@dataclass(frozen=True, slots=True)
class BrokerProbe:
    """The broker as it was found. `queues` holds messages by queue, `pending` stream entries read and not done.

    RabbitMQ says nothing of what workers have in hand, and has no stream and none of the settings of Redis: None.
    """

    place: str
    error: str | None = None
    version: str = ""
    unusable: str | None = None
    eviction: str | None = None
    persistent: bool | None = None
    queues: dict[str, int] = field(default_factory=dict)
    unacknowledged: int | None = None
    stream: int | None = None
    pending: int | None = None


def probe_database(runtime: Runtime) -> DatabaseProbe:
    """Looks at PostgreSQL as the worker's role. Never raises."""
    place = place_of(runtime.settings.database_url is None, lambda: database_url(runtime.settings))
    try:
        with runtime.store.transaction() as tx:
            return _probe_database(tx, place)
    except Exception as error:  # noqa: BLE001 - what is wrong with it is the answer
        return DatabaseProbe(place, failure_of(error).message.removeprefix("PostgreSQL: "))


def probe_broker(settings: Settings) -> BrokerProbe:
    """Looks at the broker. Never raises."""
    place = place_of(settings.broker_url is None, lambda: broker_url(settings))
    try:
        url = broker_url(settings)
        if not speaks_redis(url):
            from worker import rabbitmq

            found = rabbitmq.inspect(settings, url)
            return BrokerProbe(place, version=found.version, unusable=found.fault, queues=found.queues)
        with redis_client(settings, url) as client:
            return _probe_broker(client, settings.broker_key_prefix, place)
    except Exception as error:  # noqa: BLE001 - as above
        return BrokerProbe(place, failure_of(error).message.removeprefix("broker: "))


def place_of(embedded: bool, url: Callable[[], str]) -> str:
    """Where a server is, without its password."""
    try:
        address = without_password(url())
    except LocalServerError:
        return "embedded, not started"
    return f"embedded, {address}" if embedded else address


def _probe_database(tx: Connection, place: str) -> DatabaseProbe:
    found = schema(tx)
    ours = host_now()
    return DatabaseProbe(
        place, None, found.version, found.is_supported, found.role, found.revision, found.expected_revision,
        found.is_current, found.may_change, found.now, ours, (found.now - ours).total_seconds(),
    )  # fmt: skip


def _probe_broker(client: redis.Redis, prefix: str, place: str) -> BrokerProbe:
    info: Any = client.info()
    with client.pipeline(transaction=False) as pipe:
        for queue in ALL:
            pipe.llen(f"{prefix}{queue}")
        for name in (names := stream_names(client, prefix)):
            pipe.xlen(name)
        for in_hand in lists_in_hand(client, prefix):
            pipe.llen(in_hand)
        replies = pipe.execute()
    lengths, streams = replies[: len(ALL)], replies[len(ALL) : len(ALL) + len(names)]
    in_hand_of_each = replies[len(ALL) + len(names) :]
    return BrokerProbe(
        place,
        version=f"{info.get('server_name', 'redis')} {info.get('valkey_version') or info.get('redis_version', '?')}",
        unusable=too_old(info),
        eviction=str(info.get("maxmemory_policy", "")),
        persistent=bool(info.get("aof_enabled"))
        or bool(info.get("rdb_last_save_time") and info.get("rdb_saves")),
        queues=dict(zip(ALL, lengths, strict=True)),
        unacknowledged=sum(in_hand_of_each),
        stream=sum(streams),
        pending=sum(_pending(client, name) for name in names),
    )


def _pending(client: redis.Redis, stream: str) -> int:
    try:
        found: Any = client.xpending(stream, GROUP)
    except redis.ResponseError:
        # No worker has read from it yet, so the group does not exist.
        return 0
    return int(found["pending"])
