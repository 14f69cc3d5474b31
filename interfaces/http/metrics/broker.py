"""Metrics of the broker: is it there, and how many messages stand on each queue."""

from __future__ import annotations

from collections.abc import Iterator

import redis

from config.settings import Settings
from interfaces.http.metrics.exposition import Family, gauge, labelled
from settlement.errors import Unavailable
from worker.broker import queue_depths, redis_client, speaks_redis
from worker.servers import broker_url


def families(settings: Settings) -> Iterator[Family]:
    """While it is away there is no depth to give."""
    depths = depths_now(settings)
    if depths == {}:
        return
    yield gauge("settle_broker_up", "1 while the broker answers.", int(depths is not None))
    yield labelled(
        "settle_queue_messages", "Messages that stand on a queue.", "queue", (depths or {}).items()
    )


def depths_now(settings: Settings) -> dict[str, int] | None:
    """Messages that stand on each queue; None while the broker is away; of none but Redis, nothing."""
    try:
        url = broker_url(settings)
        if not speaks_redis(url):
            return {}
        with redis_client(settings, url) as client:
            return queue_depths(client, settings.broker_key_prefix)
    except (redis.RedisError, Unavailable):
        return None
