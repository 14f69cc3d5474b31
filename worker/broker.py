"""How this process talks to the broker: Celery's transport options, and a Redis client for the streams."""

from __future__ import annotations

import ssl
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.amqp import SCHEMES as AMQP
from config.limits import LimitSettings
from config.sentinel import SCHEMES as SENTINEL
from config.settings import Settings
from settlement.errors import Unavailable
from worker.queues import ALL

# Abandoned messages are looked for this often; kombu's default comes to every 100 s.
RESTORE_EVERY_S = 5
# A half-open connection is noticed after about twice this.
HEALTH_CHECK_S = 10
# Longer than a main loop is ever busy with one thing; a dead worker's messages come back after it.
LEASE_S = 30.0
# Messages are moved by BLMOVE. Valkey counts as the Redis that it says it is like.
OLDEST_REDIS = (6, 2)
# Of RabbitMQ: a host that is gone without a word is noticed after twice this.
HEARTBEAT_S = 30
# The readers of the stream of events.
GROUP = "settle"


def stream_name(key_prefix: str, source: str | None = None) -> str:
    """The stream of a sender, or the one that all share. It has a word more than a queue, a key of the same broker."""
    return f"{key_prefix}stream:events" + ("" if source is None else f":{source}")


def stream_names(client: redis.Redis, key_prefix: str) -> list[str]:
    """The streams that there are: the one that all share, and those of senders."""
    shared = stream_name(key_prefix)
    found: Any = client.scan_iter(f"{shared}:*", count=1000, _type="stream")
    return [shared, *sorted(name.decode() for name in found)]


def scheme_of(url: str) -> str:
    """The transport of a broker URL."""
    return url.partition("://")[0]


def speaks_redis(url: str) -> bool:
    """Is the broker one Redis or Valkey, by itself or watched by sentinels, which also carries our streams."""
    return scheme_of(url) in ("redis", "rediss", *SENTINEL)


def celery_url(url: str) -> str:
    """Celery's `broker_url`."""
    if scheme_of(url) in AMQP:
        from worker import rabbitmq

        return rabbitmq.celery_url(url)
    if scheme_of(url) not in SENTINEL:
        return url
    from worker import sentinel

    return sentinel.celery_url(url)


def transport(url: str) -> str:
    """Celery's `broker_transport`: one of ours, which no malformed message stops."""
    if scheme_of(url) in AMQP:
        return "worker.celery.amqp:Transport"
    return f"worker.celery.{'sentinel' if scheme_of(url) in SENTINEL else 'transport'}:Transport"


def task_queues(url: str) -> tuple[Any, ...]:
    """Celery's `task_queues`."""
    if scheme_of(url) in AMQP:
        from worker import rabbitmq

        return tuple(map(rabbitmq.queue, ALL))
    from kombu import Exchange, Queue

    return tuple(Queue(name, Exchange(name), routing_key=name) for name in ALL)


def tls(url: str) -> dict[str, Any] | None:
    """Celery's `broker_use_ssl`. Kombu knows by the scheme that `rediss` means TLS only where it chooses the transport.

    As for the streams' client a certificate must be good, unless the URL says otherwise (`?ssl_cert_reqs=none`).
    """
    if scheme_of(url) in AMQP:
        from worker import rabbitmq

        return rabbitmq.tls(url)
    if scheme_of(url) in SENTINEL:
        from worker import sentinel

        return sentinel.tls(url)
    return {"ssl_cert_reqs": ssl.CERT_REQUIRED} if scheme_of(url) == "rediss" else None


def transport_options(url: str, limits: LimitSettings, *, key_prefix: str) -> dict[str, Any]:
    """Celery's `broker_transport_options`. The reasons are in docs/celery-settings.md."""
    if scheme_of(url) in AMQP:
        from worker import rabbitmq

        return rabbitmq.options(url, limits)
    return {
        # A dead worker's messages come back after this; every worker on a broker must use the same value.
        "visibility_timeout": limits.visibility_timeout_s,
        # By its lease, in our transport; a deployment that takes less for dead takes that.
        "lease_s": min(LEASE_S, float(limits.visibility_timeout_s)),
        # One list for each queue, since a message is moved off one at a time.
        "priority_steps": [0],
        "unacked_restore_interval": RESTORE_EVERY_S,
        "unacked_restore_throttle": 1,
        # Without them a publisher waits for ever on a broker that swallows packets.
        **_of_each_connection(limits),
        # A publisher whose broker is away hears so at once. By default kombu tries for six seconds, even with
        # `retry=False`. Worker and beat connect by `broker_connection_max_retries` instead.
        "max_retries": 0,
        "global_keyprefix": key_prefix,
        "message_bytes": limits.message_bytes,
        **_of_sentinels(url, limits),
    }


def _of_sentinels(url: str, limits: LimitSettings) -> dict[str, Any]:
    if scheme_of(url) not in SENTINEL:
        return {}
    from worker import sentinel

    return sentinel.celery_options(url, _of_each_connection(limits))


def redis_client(settings: Settings, url: str) -> redis.Redis:
    """A client for the streams, with the limits of Celery's own connections.

    It never retries by itself: a repeated XADD would be a second entry, and waiting belongs to whoever calls.
    """
    given = _of_each_connection(settings.limits) | {"retry": Retry(NoBackoff(), 0)}
    if scheme_of(url) in SENTINEL:
        # Loaded where there are any: commands start without it.
        from worker import sentinel

        return sentinel.client_of(url, given)
    client: redis.Redis = redis.Redis.from_url(url, **given)
    return client


def _of_each_connection(limits: LimitSettings) -> dict[str, Any]:
    return {
        "socket_timeout": limits.socket_timeout_s,
        "socket_connect_timeout": limits.connect_timeout_s,
        "socket_keepalive": True,
        "health_check_interval": HEALTH_CHECK_S,
    }


def too_old(info: dict[str, Any]) -> str | None:
    """What is wrong with the version of a server, by its INFO; None where it is good, or not said."""
    version = str(info.get("redis_version", ""))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if not numbers or numbers >= OLDEST_REDIS:
        return None
    return f"Redis {version} is too old: use {'.'.join(map(str, OLDEST_REDIS))} or later, or Valkey"


def lists_in_hand(client: redis.Redis, prefix: str) -> list[str]:
    """The keys of all lists of messages that workers have in hand."""
    members: Any = client.zrange(f"{prefix}leases", 0, -1)
    return [f"{prefix}in-hand:{member.decode()}" for member in members]


def depths(settings: Settings, url: str) -> dict[str, int]:
    """Messages that stand on each queue, those in the hands of workers left out.

    Raises:
        Unavailable: the broker is away.
    """
    if scheme_of(url) in AMQP:
        from worker import rabbitmq

        return rabbitmq.inspect(settings, url).queues
    try:
        with redis_client(settings, url) as client:
            return queue_depths(client, settings.broker_key_prefix)
    except redis.RedisError as error:
        raise Unavailable("broker: it does not answer") from error


def queue_depths(client: redis.Redis, prefix: str) -> dict[str, int]:
    """Messages that stand on each queue, those in the hands of workers left out."""
    with client.pipeline(transaction=False) as pipe:
        for queue in ALL:
            pipe.llen(f"{prefix}{queue}")
        return dict(zip(ALL, pipe.execute(), strict=True))
