"""A message that kills whoever runs it: alone after the second time, set aside after the fifth. Rule: R11.6d."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from kombu import Connection, Consumer, Exchange, Queue

from tests.support.brokers import Broker, lapse
from worker.celery.envelope import MISFIT, original
from worker.celery.lease import RESTORE, Lease
from worker.celery.suspects import ALONE_FROM, MOST


def _publish(connection: Connection, *numbers: int) -> None:
    channel = connection.default_channel
    queue = _queue(channel)
    for number in numbers:
        connection.Producer().publish({"n": number}, exchange=queue.exchange, routing_key="events")


def _queue(channel: Any) -> Queue:
    queue = Queue("events", Exchange("events"), routing_key="events", channel=channel)
    queue.declare()
    return queue


@contextlib.contextmanager
def _worker(broker: Broker) -> Iterator[tuple[Connection, list[Any]]]:
    """What a worker is handed, and its connection; it dies with the block, and says nothing."""
    connection = broker.connection()
    channel = connection.channel()
    found: list[Any] = []
    consumer = Consumer(channel, [_queue(channel)], on_message=found.append, prefetch_count=10)
    consumer.on_decode_error = lambda message, _error: found.append(message)
    consumer.consume()
    yield connection, found
    channel.lease._queues.clear()
    connection.collect()


def _handed(connection: Connection, found: list[Any], count: int) -> list[int]:
    """What was handed out once it is so much, and as much more as comes in a moment."""
    turns = 100
    while turns:
        turns = min(turns, 3) - 1 if len(found) >= count else turns - 1
        with contextlib.suppress(TimeoutError):
            connection.drain_events(timeout=0.1)
    return [message.payload["n"] for message in found]


def _bury(broker: Broker, client: redis.Redis) -> None:
    lapse(client, broker.prefix)
    with broker.connection() as connection:
        connection.channel().qos.restore_visible()


def _taken(broker: Broker) -> Any:
    """The next message, taken by a worker that dies when it has it."""
    connection = broker.connection()
    channel = connection.channel()
    message = _queue(channel).get()
    channel.lease._queues.clear()
    connection.collect()
    return message


def _die(broker: Broker, client: redis.Redis, times: int) -> None:
    """Workers that take the first message and die of it."""
    for _ in range(times):
        assert _taken(broker) is not None
        _bury(broker, client)


@pytest.fixture
def real(valkey: str) -> Iterator[Broker]:
    """The real one: kombu's loop does not run over the other."""
    made = Broker(valkey)
    yield made
    made.forget()


def test_what_came_back_once_is_handed_out_with_the_others(real: Broker) -> None:
    with real.connection() as sender, real.client() as client:
        _publish(sender, 1, 2, 3)
        _die(real, client, 1)
        with _worker(real) as (connection, found):
            assert _handed(connection, found, 3) == [1, 2, 3]


def test_what_came_back_twice_is_in_hand_alone(real: Broker) -> None:
    with real.connection() as sender, real.client() as client:
        _publish(sender, 1, 2, 3)
        for _ in range(ALONE_FROM):
            with _worker(real) as (connection, found):
                assert _handed(connection, found, 3) == [1, 2, 3]
            _bury(real, client)
        _publish(sender, 4, 5)
        with _worker(real) as (connection, found):
            for number in (1, 2, 3):
                assert _handed(connection, found, number) == [1, 2, 3][:number]
                found[-1].ack()
            assert _handed(connection, found, 5) == [1, 2, 3, 4, 5]
            for message in found[3:]:
                message.ack()
        assert not client.exists(f"{real.prefix}suspects")


def test_one_that_is_to_be_alone_waits_until_nothing_else_is_in_hand(real: Broker) -> None:
    with real.connection() as sender, real.client() as client:
        _publish(sender, 1)
        _die(real, client, ALONE_FROM)
        # What is next on the queue is one that never came back.
        first = client.rpop(f"{real.prefix}events")
        assert isinstance(first, bytes)
        _publish(sender, 2, 3)
        client.lpush(f"{real.prefix}events", first)
        with _worker(real) as (connection, found):
            assert _handed(connection, found, 2) == [2, 3]
            found[0].ack()
            assert _handed(connection, found, 2) == [2, 3]
            found[1].ack()
            assert _handed(connection, found, 3) == [2, 3, 1]


def test_a_message_that_ends_its_worker_again_and_again_is_set_aside(broker: Broker) -> None:
    with broker.connection() as sender, broker.client() as client:
        _publish(sender, 1)
        _die(broker, client, MOST)
        _publish(sender, 2)
        queue = _queue(sender.channel())
        misfit, good = queue.get(accept=["json", MISFIT]), queue.get()
        assert misfit is not None
        assert good is not None
        assert (misfit.content_type, misfit.headers["code"]) == (MISFIT, "ends_workers")
        assert original(misfit)[0] == misfit.channel.qos.item_of(misfit.delivery_tag)
        assert good.payload == {"n": 2}
        misfit.ack()
        good.ack()
        assert not client.exists(f"{broker.prefix}suspects")


def test_one_that_is_done_is_counted_no_more(broker: Broker) -> None:
    with broker.connection() as sender, broker.client() as client:
        _publish(sender, 1)
        _die(broker, client, 1)
        assert client.hvals(f"{broker.prefix}suspects") == [b"1"]
        message = _queue(sender.channel()).get()
        assert message is not None
        message.ack()
        assert not client.exists(f"{broker.prefix}suspects")


def test_what_is_back_on_its_queue_is_counted_though_whoever_put_it_there_died(broker: Broker) -> None:
    with broker.connection() as sender, broker.client() as client:
        _publish(sender, 1)
        assert _taken(broker) is not None
        lapse(client, broker.prefix)
        with broker.client() as dying:
            lease = Lease(dying, broker.prefix)
            execute = dying.execute_command

            def once_put_back(*command: Any) -> Any:
                reply = execute(*command)
                if command[:2] == ("EVAL", RESTORE):
                    raise redis.exceptions.ConnectionError("died")
                return reply

            dying.execute_command = once_put_back
            with pytest.raises(redis.exceptions.ConnectionError):
                lease.restore()
        assert client.llen(f"{broker.prefix}events") == 1
        assert client.hvals(f"{broker.prefix}suspects") == [b"1"]


def test_a_message_that_is_given_back_is_not_counted(broker: Broker) -> None:
    """As one is that brings events while PostgreSQL is away."""
    with broker.connection() as sender, broker.client() as client:
        _publish(sender, 1)
        for _ in range(MOST + 1):
            with broker.connection() as connection:
                message = _queue(connection.channel()).get()
                assert message is not None
                assert message.payload == {"n": 1}
                message.reject(requeue=True)
        assert not client.exists(f"{broker.prefix}suspects")
