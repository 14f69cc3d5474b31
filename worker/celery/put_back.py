"""Messages in quarantine go back to their queues on the broker, for the command line and the console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import redis

from settlement.errors import Unavailable
from settlement.operations.quarantine import release_messages
from worker.broker import redis_client, speaks_redis
from worker.queues import ALL
from worker.servers import broker_url

if TYPE_CHECKING:
    from worker.runtime import Runtime


def put_back(runtime: Runtime, message_ids: Sequence[int]) -> list[int]:
    """Puts kept messages back on their queues; all or none. Returns their numbers.

    Raises:
        NotFound, Refused: as `release_messages`.
        Unavailable: the broker is away; nothing is noted as released.
    """
    settings = runtime.settings
    url = broker_url(settings)
    if not speaks_redis(url):
        from worker import rabbitmq

        with rabbitmq.putting_back(settings, url) as put:
            return release_messages(runtime.store, message_ids, queues=ALL, send=put)
    try:
        with redis_client(settings, url) as client:
            return release_messages(
                runtime.store, message_ids, queues=ALL,
                send=lambda queue, raw: client.lpush(f"{settings.broker_key_prefix}{queue}", raw),
            )  # fmt: skip
    except redis.RedisError as error:
        raise Unavailable("the broker is away") from error
