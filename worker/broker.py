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


class Kind:
    """What one kind of broker answers: this one is a Redis or Valkey by itself, the others say what is other there.

    `speaks_redis`: does it also carry our streams; `transport`: Celery's `broker_transport`, one of ours, which no
    malformed message stops.
    """

    speaks_redis = True
    transport = "worker.celery.transport:Transport"

    def celery_url(self, url: str) -> str:
        """Celery's `broker_url`."""
        return url

    def queue(self, name: str) -> Any:
        """A queue of ours, as Celery is to declare it."""
        from kombu import Exchange, Queue

        return Queue(name, Exchange(name), routing_key=name)

    def tls(self, url: str) -> dict[str, Any] | None:
        """Celery's `broker_use_ssl`. Kombu knows by the scheme that `rediss` means TLS only where it chooses the
        transport. As for the streams' client a certificate must be good, unless the URL says otherwise
        (`?ssl_cert_reqs=none`).
        """
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED} if url.startswith("rediss://") else None

    def options(self, url: str, limits: LimitSettings, key_prefix: str) -> dict[str, Any]:  # noqa: ARG002 - for others
        """Celery's `broker_transport_options`. The reasons are in docs/celery-settings.md."""
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
        }

    def client(self, url: str, given: dict[str, Any]) -> redis.Redis:
        """A client of the server that takes writes; `given` are the limits of its connections."""
        client: redis.Redis = redis.Redis.from_url(url, **given)
        return client

    def depths(self, settings: Settings, url: str) -> dict[str, int]:
        """Messages that stand on each queue.

        Raises:
            Unavailable: the broker is away.
        """
        try:
            with redis_client(settings, url) as client:
                return queue_depths(client, settings.broker_key_prefix)
        except redis.RedisError as error:
            raise Unavailable("broker: it does not answer") from error


class _Watched(Kind):
    """A Redis or Valkey that sentinels watch. What it needs is loaded where there is one: commands start without it."""

    transport = "worker.celery.sentinel:Transport"

    def celery_url(self, url: str) -> str:
        from worker import sentinel

        return sentinel.celery_url(url)

    def tls(self, url: str) -> dict[str, Any] | None:
        from worker import sentinel

        return sentinel.tls(url)

    def options(self, url: str, limits: LimitSettings, key_prefix: str) -> dict[str, Any]:
        from worker import sentinel

        of_sentinels = sentinel.celery_options(url, _of_each_connection(limits))
        return super().options(url, limits, key_prefix) | of_sentinels

    def client(self, url: str, given: dict[str, Any]) -> redis.Redis:
        from worker import sentinel

        return sentinel.client_of(url, given)


class _RabbitMq(Kind):
    """RabbitMQ, which carries messages alone. Loaded as above."""

    speaks_redis = False
    transport = "worker.celery.amqp:Transport"

    def celery_url(self, url: str) -> str:
        from worker import rabbitmq

        return rabbitmq.celery_url(url)

    def queue(self, name: str) -> Any:
        from worker import rabbitmq

        return rabbitmq.queue(name)

    def tls(self, url: str) -> dict[str, Any] | None:
        from worker import rabbitmq

        return rabbitmq.tls(url)

    def options(self, url: str, limits: LimitSettings, key_prefix: str) -> dict[str, Any]:  # noqa: ARG002 - has no keys
        from worker import rabbitmq

        return rabbitmq.options(url, limits)

    def client(self, url: str, given: dict[str, Any]) -> redis.Redis:
        raise NotImplementedError("RabbitMQ has no streams of ours")

    def depths(self, settings: Settings, url: str) -> dict[str, int]:
        from worker import rabbitmq

        return rabbitmq.inspect(settings, url).queues


_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("redis", "rediss"), Kind()),
    **dict.fromkeys(SENTINEL, _Watched()),
    **dict.fromkeys(AMQP, _RabbitMq()),
}


def kind_of(url: str) -> Kind:
    """Of which kind the broker of a URL is, by its scheme: settings take no other."""
    return _KINDS[url.partition("://")[0]]


def speaks_redis(url: str) -> bool:
    """Is the broker one Redis or Valkey, by itself or watched by sentinels, which also carries our streams."""
    return kind_of(url).speaks_redis


def redis_client(settings: Settings, url: str) -> redis.Redis:
    """A client for the streams, with the limits of Celery's own connections.

    It never retries by itself: a repeated XADD would be a second entry, and waiting belongs to whoever calls.
    """
    return kind_of(url).client(url, _of_each_connection(settings.limits) | {"retry": Retry(NoBackoff(), 0)})


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
    return kind_of(url).depths(settings, url)


def queue_depths(client: redis.Redis, prefix: str) -> dict[str, int]:
    """Messages that stand on each queue, those in the hands of workers left out."""
    with client.pipeline(transaction=False) as pipe:
        for queue in ALL:
            pipe.llen(f"{prefix}{queue}")
        return dict(zip(ALL, pipe.execute(), strict=True))
