"""The outgoing stream: announcements of the outbox, as `<prefix>stream:outbound`, at least once each, oldest first. On
RabbitMQ it is an exchange, `outbound`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import redis

from settlement.errors import Unavailable
from settlement.storage.work.outbox import OutboxRow
from worker import traces
from worker.broker import redis_client, speaks_redis
from worker.runtime import settings
from worker.servers import broker_url

# Entries that the stream keeps, about: a consumer that was away longer reads the outbox, where everything is kept.
STREAM_KEPT = 100_000


def stream_name(key_prefix: str) -> str:
    """The stream of a deployment."""
    return f"{key_prefix}stream:outbound"


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis_client(settings(), broker_url(settings()))


def publish(rows: Sequence[OutboxRow]) -> None:
    """Appends each row as an entry with the fields id, topic, payload (JSON) and correlation_id. RabbitMQ, which has no
    such stream, gets each as a message for the exchange `outbound`.

    Raises:
        Unavailable: some may not have got there; all have to be published again.
    """
    began, url = traces.now(), broker_url(settings())
    if speaks_redis(url):
        _add(rows)
    else:
        from worker import rabbitmq

        rabbitmq.announce(settings(), url, rows)
    traces.published(rows, began)


def _add(rows: Sequence[OutboxRow]) -> None:
    name = stream_name(settings().broker_key_prefix)
    try:
        with _client().pipeline(transaction=True) as pipe:
            for row in rows:
                entry: dict[Any, Any] = {
                    "id": row.announcement_id,
                    "topic": row.topic,
                    "payload": row.payload,
                    "correlation_id": row.correlation_id,
                }
                pipe.xadd(name, entry, maxlen=STREAM_KEPT, approximate=True)
            pipe.execute()
    except redis.RedisError as error:
        raise Unavailable(f"broker: {type(error).__name__}") from error
