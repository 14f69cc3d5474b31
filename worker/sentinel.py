"""A broker that sentinels watch: whoever connects asks them first which server takes writes now.

A server that was taken over says READONLY once it follows the new one. That counts as a connection that is lost: it is
closed, and the next one asks again. Decision: 0092.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel

from config.sentinel import SCHEME, SentinelUrl


class Watch(Sentinel):
    """The sentinels, who says which server it is. They are asked in turn, the one that answered last first."""

    def discover_master(self, service_name: str) -> Any:
        discover: Any = super().discover_master
        try:
            return discover(service_name)
        except MasterNotFoundError:
            # The library's own sentence has every parameter of every connection in it.
            raise MasterNotFoundError(f"no sentinel knows where {service_name} is") from None


def master_of(
    sentinels: Sequence[tuple[str, int]], master: str, to_sentinels: Mapping[str, Any], **given: Any
) -> tuple[redis.Redis, Watch]:
    """A client of the server that takes writes, whichever that is when it connects, and whom it asks.

    `given` is for connections to the server, `to_sentinels` for those to the sentinels.
    """
    make: Any = Watch
    watch = make(sentinels, sentinel_kwargs=dict(to_sentinels))
    return watch.master_for(master, redis.Redis, **given), watch


def client_of(url: str, limits: Mapping[str, Any]) -> redis.Redis:
    """A client by such a URL; `limits` hold for connections to the server and to the sentinels."""
    given = SentinelUrl.parsed(url)
    client, _ = master_of(
        given.sentinels, given.master, _to_sentinels(given, limits),
        db=given.database, username=given.user, password=given.password, **limits, **_over_tls(given),
    )  # fmt: skip
    return client


def tls(url: str) -> dict[str, Any] | None:
    """Celery's `broker_use_ssl`, of connections to the server."""
    given = SentinelUrl.parsed(url)
    return _checked(given) if given.is_tls else None


def celery_url(url: str) -> str:
    """Such a URL as Celery reads it: with the first sentinel alone. The others are among the options."""
    given = SentinelUrl.parsed(url)
    login = f"{quote(given.user or '', safe='')}:{quote(given.password or '', safe='')}@"
    host, port = given.sentinels[0]
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"{SCHEME}://{'' if login == ':@' else login}{place}/{given.database}"


def celery_options(url: str, limits: Mapping[str, Any]) -> dict[str, Any]:
    """What our transport has to know beside that URL."""
    given = SentinelUrl.parsed(url)
    return {
        "master_name": given.master,
        "sentinels": given.sentinels,
        "sentinel_kwargs": _to_sentinels(given, limits),
    }


def _to_sentinels(given: SentinelUrl, limits: Mapping[str, Any]) -> dict[str, Any]:
    # Whoever asks repeats the question himself; the client's own retries would only delay the answer.
    once = Retry(NoBackoff(), 0)
    return {
        **limits, "retry": once, "username": given.sentinel_user, "password": given.sentinel_password,
        **_over_tls(given),
    }  # fmt: skip


def _over_tls(given: SentinelUrl) -> dict[str, Any]:
    return {"ssl": True, **_checked(given)} if given.is_tls else {}


def _checked(given: SentinelUrl) -> dict[str, Any]:
    """A certificate has to be good, and that of the name by which its server is called."""
    return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True, **dict(given.files)}
