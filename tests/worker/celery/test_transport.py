"""The broker's transport: what it hands on, what it holds, and what a closed channel says."""

from __future__ import annotations

import base64
import json
import ssl
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue

from tests.support.brokers import Broker
from worker.broker import tls, transport
from worker.celery.transport import MISFIT, whole


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


def _good(tag: str = "tag", **info: str) -> dict[str, Any]:
    return {
        "body": "W10=",
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {},
        "properties": {"delivery_tag": tag, "delivery_info": info, "body_encoding": "base64"},
    }


def test_what_comes_off_a_queue_as_it_should_is_handed_on_byte_by_byte() -> None:
    item = json.dumps(_good(exchange="events", routing_key="events")).encode()
    assert whole(item, "events", most_bytes=10_000) is item


def test_a_message_that_names_another_address_is_given_that_of_its_queue() -> None:
    """By it the broker's client finds the queue again when a worker dies with the message."""
    item = json.dumps(_good(exchange="celery", routing_key="celery")).encode()
    info = json.loads(whole(item, "events", most_bytes=10_000))["properties"]["delivery_info"]
    assert info == {"exchange": "events", "routing_key": "events"}


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (b"no JSON", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"[1]", "bad_envelope"),
        (b"{}", "bad_envelope"),
        (json.dumps(_good() | {"headers": None}).encode(), "bad_envelope"),
        (json.dumps(_good() | {"headers": {"compression": "gzip"}}).encode(), "compressed"),
        (json.dumps(_good() | {"body": "%"}).encode(), "bad_body"),
        (b" " * 20_000, "too_large"),
    ],
)
def test_what_is_no_message_comes_in_an_envelope_that_keeps_it(item: bytes, code: str) -> None:
    wrapped = json.loads(whole(item, "events", most_bytes=10_000 if code == "too_large" else 1_000_000))
    assert (wrapped["content-type"], wrapped["headers"]["code"]) == (MISFIT, code)
    assert base64.b64decode(wrapped["body"]) == item
    assert wrapped["headers"]["size"] == len(item)


def test_a_message_is_held_until_it_is_acknowledged_and_goes_back_when_it_is_rejected(broker: Broker) -> None:
    with broker.connection() as connection, broker.client() as client:
        channel = connection.channel()
        queue = Queue("events", Exchange("events"), routing_key="events", channel=channel)
        queue.declare()
        connection.Producer().publish({"n": 1}, exchange="events", routing_key="events")
        assert client.llen(f"{broker.prefix}events") == 1
        taken = queue.get()
        assert taken is not None
        assert taken.payload == {"n": 1}
        assert (client.llen(f"{broker.prefix}events"), client.hlen(f"{broker.prefix}unacked")) == (0, 1)
        taken.reject(requeue=True)
        assert (client.llen(f"{broker.prefix}events"), client.hlen(f"{broker.prefix}unacked")) == (1, 0)
        again = queue.get()
        assert again is not None
        again.ack()
        assert (client.llen(f"{broker.prefix}events"), client.hlen(f"{broker.prefix}unacked")) == (0, 0)


def test_what_a_dead_worker_held_is_handed_out_again(valkey: str) -> None:
    # By a script in the broker, which fakeredis alone cannot run.
    broker = Broker(valkey)
    with broker.connection() as connection, broker.client() as client:
        channel = connection.channel()
        queue = Queue("events", Exchange("events"), routing_key="events", channel=channel)
        queue.declare()
        connection.Producer().publish([], exchange="events", routing_key="events")
        taken = queue.get()
        assert taken is not None
        # Instead of waiting for the visibility timeout.
        client.zadd(f"{broker.prefix}unacked_index", {taken.delivery_tag: 1.0})
        channel.qos.restore_visible()
        assert (client.llen(f"{broker.prefix}events"), client.hlen(f"{broker.prefix}unacked")) == (1, 0)
    broker.forget()
