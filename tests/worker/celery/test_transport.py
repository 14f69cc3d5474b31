"""The broker's transport: what it hands on, what it holds, and what a closed channel says."""

from __future__ import annotations

import contextlib
import json
import ssl
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis
from kombu import Connection, Consumer, Exchange, Queue

from sandbox.local.block import broker_server
from tests.support.brokers import Broker, lapse
from worker.broker import kind_of, lists_in_hand
from worker.celery.lease import REMEMBERED_S


@pytest.mark.parametrize(
    "url",
    ["redis://:pw@host:6380/3", "rediss://:pw@host:6380/3?ssl_cert_reqs=required", "rediss://u:pw@host/0"],
)
def test_every_redis_is_spoken_to_by_our_transport_and_with_tls_where_it_says_so(url: str) -> None:
    plain, ours = (
        Connection(url),
        Connection(url, transport=kind_of(url).transport, ssl=kind_of(url).tls(url)),
    )
    assert (ours.hostname, ours.port, ours.password, ours.virtual_host, bool(ours.ssl)) == (
        plain.hostname, plain.port, plain.password, plain.virtual_host, bool(plain.ssl),
    )  # fmt: skip
    assert type(ours.transport).__module__ == "worker.celery.transport"
    assert bool(ours.ssl) == url.startswith("rediss")
    lax = "rediss://host?ssl_cert_reqs=none"
    kind = kind_of(lax)
    assert Connection(lax, transport=kind.transport, ssl=kind.tls(lax)).ssl == {
        "ssl_cert_reqs": ssl.CERT_NONE
    }


def test_a_channel_whose_connection_was_closed_says_that_it_is_lost(valkey: str) -> None:
    """A worker that gets any other error from it ends: Celery takes it for a mistake in the program."""
    connection = Connection(valkey, transport=kind_of(valkey).transport)
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


def _queue(channel: Any) -> Queue:
    queue = Queue("events", Exchange("events"), routing_key="events", channel=channel)
    queue.declare()
    return queue


def _publish(connection: Connection, *bodies: object) -> None:
    queue = _queue(connection.default_channel)
    for body in bodies:
        connection.Producer().publish(body, exchange=queue.exchange, routing_key="events")


def _numbered(*numbers: int) -> list[dict[str, int]]:
    return [{"n": number} for number in numbers]


def _depths(client: redis.Redis, broker: Broker) -> tuple[int, int]:
    """How many messages are on the queue, and how many in hand."""
    lists = lists_in_hand(client, broker.prefix)
    return int(client.llen(f"{broker.prefix}events")), sum(int(client.llen(name)) for name in lists)


def test_a_message_is_in_hand_until_it_is_acknowledged_and_goes_back_when_it_is_rejected(
    broker: Broker,
) -> None:
    with broker.connection() as connection, broker.client() as client:
        queue = _queue(connection.channel())
        _publish(connection, *_numbered(1))
        assert _depths(client, broker) == (1, 0)
        taken = queue.get()
        assert taken is not None
        assert taken.payload == {"n": 1}
        assert _depths(client, broker) == (0, 1)
        taken.reject(requeue=True)
        assert _depths(client, broker) == (1, 0)
        again = queue.get()
        assert again is not None
        again.ack()
        assert _depths(client, broker) == (0, 0)


def test_messages_are_consumed_in_their_order_and_only_as_many_as_are_wanted(valkey: str) -> None:
    # The loop waits at sockets, and the fake has none.
    broker = Broker(valkey)
    with broker.connection() as connection, broker.client() as client:
        channel = connection.channel()
        _publish(connection, *_numbered(*range(10)))
        taken: list[Any] = []
        with Consumer(channel, [_queue(channel)], on_message=taken.append, prefetch_count=4):
            _drain(connection, lambda: len(taken) == 4)
            assert _depths(client, broker) == (6, 4)
            for message in taken[:4]:
                message.ack()
            _drain(connection, lambda: len(taken) == 8)
            assert [message.payload["n"] for message in taken] == list(range(8))
            assert _depths(client, broker) == (2, 4)
        channel.close()
        # What was not acknowledged is next on the queue again, in its order.
        assert _depths(client, broker) == (6, 0)
        assert client.zcard(f"{broker.prefix}leases") == 0
        heir = _queue(connection.channel())
        assert [heir.get().payload["n"] for _ in range(6)] == list(range(4, 10))


def test_large_messages_are_taken_one_by_one(valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.celery.prefetch.MOST_BYTES_IN_HAND", 2000)
    # The loop waits at sockets, and the fake has none.
    broker = Broker(valkey)
    with broker.connection() as connection, broker.client() as client:
        channel = connection.channel()
        _publish(connection, *["x" * 600] * 5)
        taken: list[Any] = []
        with Consumer(channel, [_queue(channel)], on_message=taken.append, prefetch_count=32):
            _drain(connection, lambda: len(taken) == 2, then=3)
            assert _depths(client, broker) == (3, 2)
            taken[0].ack()
            taken[1].ack()
            _drain(connection, lambda: len(taken) == 4, then=3)


def _drain(connection: Connection, is_enough: Callable[[], bool], *, then: int = 1) -> None:
    """Lets the connection work until it is enough, and a few turns more, which must bring nothing."""
    for _ in range(200):
        if is_enough():
            break
        with contextlib.suppress(TimeoutError):
            connection.drain_events(timeout=0.1)
    for _ in range(then):
        with contextlib.suppress(TimeoutError):
            connection.drain_events(timeout=0.05)
    assert is_enough()


def test_two_messages_with_one_tag_are_two_messages(broker: Broker) -> None:
    """A sender in another language may write the same tag into all of them."""
    with broker.connection() as connection, broker.client() as client:
        queue = _queue(connection.channel())
        for number in range(2):
            item = {"body": str(number), "content-type": "application/json", "content-encoding": "utf-8", "headers": {},
                    "properties": {"delivery_tag": "the same", "delivery_info": {}}}  # fmt: skip
            client.lpush(f"{broker.prefix}events", json.dumps(item))
        first, second = queue.get(), queue.get()
        assert first is not None
        assert second is not None
        second.ack()
        first.reject(requeue=True)
        assert _depths(client, broker) == (1, 0)
        again = queue.get()
        assert again is not None
        assert again.payload == 0


def test_what_a_dead_worker_had_in_hand_is_handed_out_again_once(broker: Broker) -> None:
    with broker.connection() as connection, broker.client() as client:
        dead, *others = (connection.channel() for _ in range(3))
        _publish(connection, *_numbered(1, 2, 3))
        queue = _queue(dead)
        taken = [queue.get() for _ in range(2)]
        for other in others:
            other.qos.restore_visible()
        assert _depths(client, broker) == (1, 2), "nothing is taken from the living"
        lapse(client, broker.prefix)
        for other in others:
            other.qos.restore_visible()
        assert _depths(client, broker) == (3, 0)
        # It was only slow: what it says about its messages finds nothing, and what it takes next is in hand.
        for message in taken:
            assert message is not None
            message.ack()
        assert _depths(client, broker) == (3, 0)
        dead.lease._renewed_at = 0.0
        slow = queue.get()
        assert slow is not None
        assert slow.payload == {"n": 1}
        dead.qos.restore_visible()
        others[0].qos.restore_visible()
        assert _depths(client, broker) == (2, 1)


def test_a_list_is_looked_at_for_a_while_after_its_worker_died_and_then_forgotten(broker: Broker) -> None:
    with broker.connection() as connection, broker.client() as client:
        dead, other = connection.channel(), connection.channel()
        _publish(connection, *_numbered(1))
        queue = _queue(dead)
        assert queue.get() is not None
        lapse(client, broker.prefix)
        other.qos.restore_visible()
        # A command of it was under way when it stopped.
        client.lmove(f"{broker.prefix}events", dead.lease.list_of("events"), "RIGHT", "LEFT")
        other.qos.restore_visible()
        assert _depths(client, broker) == (1, 0)
        lapse(client, broker.prefix, ago_s=REMEMBERED_S + 1)
        other.qos.restore_visible()
        assert client.zcard(f"{broker.prefix}leases") == 0


def test_what_was_sent_with_a_priority_is_read_too(broker: Broker) -> None:
    """By a client that knows nothing of our settings, whose messages of other priorities lie in lists of their own."""
    with broker.connection() as connection, broker.client() as client:
        for priority in (3, 6, 9):
            client.lpush(f"{broker.prefix}events\x06\x16{priority}", f"{priority}")
        channel = connection.channel()
        assert _queue(channel).get() is None
        channel.qos.restore_visible()
        assert _depths(client, broker) == (3, 0)


def test_what_an_earlier_release_had_unacknowledged_is_handed_out_again(broker: Broker) -> None:
    with broker.connection() as connection, broker.plain_connection() as old, broker.client() as client:
        queue = _queue(old.channel())
        _publish(old, *_numbered(1))
        taken = queue.get()
        assert taken is not None
        assert client.hlen(f"{broker.prefix}unacked") == 1
        client.zadd(f"{broker.prefix}unacked_index", {taken.delivery_tag: 1.0})
        channel = connection.channel()
        channel.qos.restore_visible()
        assert client.hlen(f"{broker.prefix}unacked") == 0
        again = _queue(channel).get()
        assert again is not None
        assert again.payload == {"n": 1}


def test_a_broker_out_of_memory_hands_out_and_takes_back_what_it_has(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with broker_server(tmp_path_factory.mktemp("valkey")) as url:
        broker = Broker(url)
        with broker.connection() as connection, broker.client() as client:
            channel = connection.channel()
            _publish(connection, *_numbered(*range(6)))
            channel.lease_s = 0.5
            client.config_set("maxmemory", "1")
            queue = _queue(channel)
            taken: list[Any] = []
            with Consumer(channel, [queue], on_message=taken.append, prefetch_count=4):
                _drain(connection, lambda: len(taken) == 4)
                assert _depths(client, broker) == (2, 4)
                taken[0].ack()
                taken[1].reject(requeue=True)
                channel.qos.restore_visible()
                _drain(connection, lambda: len(taken) == 6)
                assert [message.payload["n"] for message in taken] == list(range(6))
                assert _depths(client, broker) == (1, 4)
                time.sleep(0.6)
                connection.channel().qos.restore_visible()
                assert _depths(client, broker) == (5, 0)
            client.config_set("maxmemory", "0")


def test_messages_of_one_run_count_as_one_and_are_settled_together(broker: Broker) -> None:
    with broker.connection() as connection, broker.client() as client:
        channel = connection.channel()
        queue = _queue(channel)
        channel.basic_qos(0, 4, False)
        _publish(connection, *_numbered(*range(6)))
        tags = [message.delivery_tag for message in (queue.get() for _ in range(4)) if message is not None]
        assert not channel.qos.can_consume()
        channel.qos.count_as_one(tags)
        assert channel.qos.room()[0] == 3
        channel.qos.reject_all(tags, requeue=True)
        assert (_depths(client, broker), channel.qos.room()[0]) == ((6, 0), 4)
        # They are behind those that were there, in their order.
        numbers = [message.payload["n"] for message in (queue.get() for _ in range(6)) if message is not None]
        assert numbers == [4, 5, 0, 1, 2, 3]
