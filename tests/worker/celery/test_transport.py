"""The broker's transport: what a closed channel is asked for is a lost connection, and no other error."""

from __future__ import annotations

import ssl

import pytest
from kombu import Connection

from worker.broker import tls, transport


@pytest.mark.parametrize(
    "url",
    ["redis://:pw@host:6380/3", "rediss://:pw@host:6380/3?ssl_cert_reqs=required", "rediss://u:pw@host/0"],
)
def test_every_redis_is_spoken_to_by_our_transport_and_with_tls_where_it_says_so(url: str) -> None:
    plain, ours = Connection(url), Connection(url, transport=transport(url), ssl=tls(url))
    assert (ours.hostname, ours.port, ours.password, ours.virtual_host, bool(ours.ssl)) == (
        plain.hostname, plain.port, plain.password, plain.virtual_host, bool(plain.ssl),
    )  # fmt: skip
    assert type(ours.transport).__module__ == "worker.celery.transport"
    assert bool(ours.ssl) == url.startswith("rediss")
    assert (transport("amqp://localhost"), tls("amqp://localhost")) == (None, None)
    lax = "rediss://host?ssl_cert_reqs=none"
    assert Connection(lax, transport=transport(lax), ssl=tls(lax)).ssl == {"ssl_cert_reqs": ssl.CERT_NONE}


def test_a_channel_whose_connection_was_closed_says_that_it_is_lost(valkey: str) -> None:
    """A worker that gets any other error from it ends: Celery takes it for a mistake in the program."""
    connection = Connection(valkey, transport=transport(valkey))
    channel = connection.channel()
    errors = connection.connection_errors
    connection.collect()
    for act in (
        lambda: channel.basic_ack("tag"),
        lambda: channel.basic_reject("tag", requeue=True),
        channel.qos.restore_unacked,
        channel.qos.restore_visible,
    ):
        with pytest.raises(errors):
            act()
