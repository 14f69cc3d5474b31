"""Our transport over a broker that sentinels watch: every connection asks them which server takes writes now."""

from __future__ import annotations

from typing import Any

from kombu.transport import redis as kombu_redis

from config.sentinel import PORT
from worker.celery import transport
from worker.sentinel import master_of


class Channel(transport.Channel, kombu_redis.SentinelChannel):
    """Ours, with kombu's connections that are managed by sentinels."""

    # Given by the options of the transport.
    master_name: Any = None
    sentinel_kwargs: Any = None
    sentinels: Any = ()
    from_transport_options: Any = (
        *kombu_redis.SentinelChannel.from_transport_options,
        *transport.Channel.from_transport_options,
        "sentinels",
    )

    def _sentinel_managed_pool(self, asynchronous: bool = False) -> Any:
        """Kombu's takes the sentinels from a list of URLs, with the server's password in each."""
        read: Any = self._connparams
        params = read(asynchronous)
        for name in ("host", "port"):
            params.pop(name, None)
        client, watch = master_of(self.sentinels, self.master_name, self.sentinel_kwargs, **params)
        # By these names kombu closes what it holds with its pools.
        setattr(self, "_async_sentinel_manager" if asynchronous else "_sentinel_manager", watch)
        return client.connection_pool


class Transport(transport.Transport):
    """`sentinel://`, with the channel above."""

    Channel = Channel
    default_port: Any = PORT
