"""RabbitMQ as the broker, where it is installed: nothing is lost or doubled, and what no task may take is set aside.

Rules: R11.1g, R11.6.
"""

from __future__ import annotations

import contextlib
import functools
import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from amqp import ChannelError  # type: ignore[import-untyped]  # it ships none
from celery import Celery
from kombu import Connection, Consumer, Exchange, Queue
from kombu.exceptions import OperationalError
from pydantic import SecretStr

from config.settings import Settings
from interfaces import certificates
from interfaces.cli.commands.operations.probes import probe_broker
from settlement.errors import Refused, Unavailable, UnusableServer
from settlement.storage.work.outbox import OutboxRow
from tests.support.running.month import settles_a_month
from tests.support.running.processes import Deployment, deployment, opened, top_up, wait_for
from tests.support.running.rabbitmq import RabbitMq, installed_rabbitmq
from tests.support.running.tls import client_certificate, tls_before
from tests.support.servers import PostgresForTests
from worker import rabbitmq
from worker.app import configuration
from worker.broker import depths
from worker.celery.suspects import MOST
from worker.queues import ALL, EVENTS

KILLS = 3
MESSAGES = 600
CODES = ["bad_body", "bad_properties", "compressed", "no_task", "too_large"]
RECEIVE = "tasks.events.receive"
EXAMPLE = Path(__file__).parents[2] / "docs/examples/send_by_celery.py"
OPTIONS = rabbitmq.options("amqp://x/", Settings().limits)


@pytest.fixture(scope="module")
def node() -> Iterator[RabbitMq]:
    with installed_rabbitmq() as started:
        yield started


@pytest.fixture
def url(node: RabbitMq) -> str:
    """A RabbitMQ with our queues, empty."""
    rabbitmq.prepare(Settings(), node.url)
    with rabbitmq.connected(Settings(), node.url) as connection:
        for name in ALL:
            connection.default_channel.queue_purge(name)
    return node.url


@pytest.fixture
def made(
    postgres: PostgresForTests, database: str, url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    with deployment(
        postgres.worker_url(database), url, folder, SETTLE_BROKER_KEY_PREFIX="settle:"
    ) as started:
        yield started


def settle(made: Deployment, *arguments: str) -> Any:
    return made.run("-c", "from interfaces.cli.main import main; main()", *arguments)


def client_of(url: str) -> Celery:
    made = Celery("test", set_as_current=False)
    made.conf.update(configuration(Settings(), url))
    return made


def taken(connection: Connection, name: str = EVENTS) -> Any:
    """The next message of a queue."""
    channel: Any = connection.default_channel
    found: list[Any] = []

    def is_there() -> bool:
        found.extend(filter(None, [channel.basic_get(name)]))
        return bool(found)

    wait_for(is_there)
    return channel.message_to_python(found[0])


def test_a_month_is_settled_and_what_it_announces_is_published(made: Deployment) -> None:
    with Connection(made.broker_url) as connection:
        mine = Queue("mine", rabbitmq.OUTBOUND, routing_key="bill.settled", exclusive=True)
        mine.bind(connection.default_channel).declare()
        settles_a_month(made)
        message = connection.default_channel.basic_get("mine", no_ack=True)
    assert message is not None
    [(announced, payload)] = made.rows(
        "SELECT (SELECT max(epoch) FROM outbox_epoch) || '-' || id, payload FROM outbox WHERE topic = 'bill.settled'"
    )
    assert (message.headers["id"], message.properties["message_id"]) == (announced, announced)
    assert json.loads(message.body) == payload

    status = json.loads(settle(made, "status", "--json").stdout)["broker"]
    assert status["up"]
    assert status["version"].startswith("RabbitMQ ")
    assert status["queues"].keys() == set(ALL)
    assert (status["unacknowledged"], status["stream"]) == (None, None)
    checks = {one["name"]: one for one in json.loads(settle(made, "doctor", "--json").stdout)["checks"]}
    assert (checks["broker"]["level"], checks["event stream"]["level"]) == ("ok", "ok")
    assert "broker memory" not in checks
    data = ("--account", "a", "--amount", "1", "--currency", "USD")
    refused = settle(made, "emit", "top_up", *data, "--via", "stream")
    assert refused.returncode == 4, refused.stderr
    assert "RabbitMQ has no event stream" in refused.stderr


def _more_than(made: Deployment, query: str, number: int) -> bool:
    return bool(made.one(query) > number)


def test_what_came_by_name_alone_outlives_every_worker_that_is_killed(made: Deployment) -> None:
    made.insert(opened("killed"))
    worker = made.worker("events", "events")
    wait_for(lambda: made.cash_minor("killed") == 0, worker)
    worker.kill()
    for number in range(MESSAGES):
        made.send(RECEIVE, top_up("killed", number, "0.01"))
    # And a nudge, perhaps, that the killed worker had in hand.
    wait_for(lambda: depths(Settings(), made.broker_url)[EVENTS] >= MESSAGES)
    done = "SELECT count(*) FROM inbox WHERE type = 'top_up'"
    for number in range(KILLS):
        worker = made.worker(f"events-{number}", "events", wait=False)
        before = made.one(done)
        wait_for(functools.partial(_more_than, made, done, before), worker)
        # As soon as it works: most of what it has taken is in its hands only.
        time.sleep(0.01 * number)
        worker.kill()
    assert made.one(done) < MESSAGES, "the workers were too quick to be killed in the middle"
    heir = made.worker("heir", "events")
    wait_for(lambda: made.one(done) == MESSAGES, heir)
    wait_for(lambda: made.cash_minor("killed") == MESSAGES, heir)
    wait_for(lambda: depths(Settings(), made.broker_url)[EVENTS] == 0, heir)


def test_what_a_node_has_taken_is_there_when_it_comes_back_and_workers_go_on(
    made: Deployment, node: RabbitMq
) -> None:
    worker = made.worker("events", "events")
    idle = made.worker("collection", "collection")
    made.send(RECEIVE, opened("back"))
    wait_for(lambda: made.cash_minor("back") == 0, worker)
    worker.kill()
    for number in range(20):
        made.send(RECEIVE, top_up("back", number, "0.01"))
    node.restart()
    heir = made.worker("heir", "events")
    wait_for(lambda: made.cash_minor("back") == 20, heir, idle)
    node.restart()

    def is_sent() -> bool:
        with contextlib.suppress(OperationalError, OSError):
            made.send(RECEIVE, top_up("back", "after", "0.01"))
            return True
        return False

    wait_for(is_sent, heir, idle)
    wait_for(lambda: made.cash_minor("back") == 21, heir, idle)
    assert idle.terminate() == 0


def test_what_no_task_can_take_is_set_aside_and_can_be_put_back(made: Deployment, node: RabbitMq) -> None:
    worker = made.worker("events", "events")
    made.extra["SETTLE_LIMITS__MESSAGE_BYTES"] = "2000"
    narrow = made.worker("upkeep", "upkeep")
    with rabbitmq.connected(Settings(), made.broker_url) as connection, connection.Producer() as producer:
        producer.publish(b"{", exchange="", routing_key="events", content_type="application/json")
        producer.publish(b"x" * 3000, exchange="", routing_key="upkeep", content_type="application/json")
        producer.publish({}, exchange="", routing_key="upkeep", compression="zlib", headers={"task": "t"})
        producer.publish({}, exchange="", routing_key="upkeep", correlation_id=b"\xff\xfe")
        producer.publish({}, exchange="", routing_key="upkeep", correlation_id="a\0b", headers={b"\xff": 1})
    found = "SELECT array_agg(code ORDER BY code) FROM quarantine WHERE state = 'kept'"
    wait_for(lambda: made.one(found) == CODES, worker, narrow)
    wait_for(lambda: not any(depths(Settings(), made.broker_url).values()), worker, narrow)

    made.extra["SETTLE_BROKER_URL"] = node.sender_url
    sent = made.run(str(EXAMPLE))
    del made.extra["SETTLE_BROKER_URL"]
    assert sent.returncode == 0, sent.stderr
    wait_for(lambda: made.cash_minor("acct-celery") == 25000, worker)

    made.send("tasks.events.nothing", opened("again"))
    made.send(RECEIVE, 1, 2)
    wait_for(lambda: made.one("SELECT count(*) FROM quarantine") == len(CODES) + 2, worker)
    narrow.terminate()
    worker.terminate()
    number = made.one("SELECT id FROM quarantine WHERE code = 'unknown_task'")
    assert settle(made, "quarantine", "release", str(number)).returncode == 0
    with rabbitmq.connected(Settings(), made.broker_url) as connection:
        message = taken(connection)
    assert (message.headers["task"], message.content_type) == ("tasks.events.nothing", "application/json")
    assert json.loads(message.body)[0] == [opened("again")]


def test_a_message_whose_workers_died_again_and_again_is_not_run(url: str) -> None:
    client_of(url).send_task(RECEIVE, args=[opened("deadly")])
    for died in range(MOST):
        with Connection(
            url, transport="worker.celery.amqp:Transport", transport_options=OPTIONS
        ) as connection:
            assert taken(connection).fault is None, died
    with Connection(url, transport="worker.celery.amqp:Transport", transport_options=OPTIONS) as connection:
        message = taken(connection)
        assert message.fault.code == "ends_workers"
        message.ack()


def test_what_is_given_back_on_purpose_does_not_count_as_if_its_worker_had_died(url: str) -> None:
    sent = client_of(url).send_task(RECEIVE, args=[opened("later")])
    with Connection(url, transport="worker.celery.amqp:Transport", transport_options=OPTIONS) as connection:
        for _ in range(MOST + 2):
            message = taken(connection)
            assert (message.fault, message.headers["id"]) == (None, sent.id)
            message.reject(requeue=True)
        message = taken(connection)
        assert json.loads(message.body)[0] == [opened("later")]
        message.ack()
    wait_for(lambda: not any(depths(Settings(), url).values()))


def test_what_is_given_back_goes_to_the_queue_on_which_it_lay_and_to_no_other(url: str) -> None:
    with Connection(url, transport="worker.celery.amqp:Transport", transport_options=OPTIONS) as connection:
        channel: Any = connection.default_channel
        spread = Exchange("spread", "fanout", durable=False, channel=channel)
        spread.declare()
        for name in (EVENTS, "upkeep"):
            channel.queue_bind(name, spread.name)
        connection.Producer().publish({}, exchange=spread, routing_key="anything")
        taken(connection, "upkeep").ack()
        found: list[Any] = []
        with Consumer(channel, [rabbitmq.queue(EVENTS)], on_message=found.append, auto_declare=False):
            connection.drain_events(timeout=30)
            found.pop().reject(requeue=True)
            connection.drain_events(timeout=30)
        found.pop().ack()
        spread.delete()
    wait_for(lambda: not any(depths(Settings(), url).values()))


def test_nothing_is_said_to_be_put_back_on_a_queue_that_is_not_there(url: str) -> None:
    envelope = {
        "body": "{}", "content-type": "application/json", "content-encoding": "utf-8", "headers": {},
        "properties": {"delivery_tag": "1", "delivery_info": {}},
    }  # fmt: skip
    raw = json.dumps(envelope).encode()
    with pytest.raises(Unavailable, match="NO_ROUTE"), rabbitmq.putting_back(Settings(), url) as put:
        put("gone", raw)
    with rabbitmq.connected(Settings(), url) as connection, connection.Producer() as producer:
        for name in ("gone", "gone", EVENTS):
            with contextlib.suppress(ChannelError):
                producer.publish({}, exchange="", routing_key=name, mandatory=True)
                break
        assert name == EVENTS
    wait_for(lambda: depths(Settings(), url)[EVENTS] == 1)


def test_what_is_sent_by_name_to_a_queue_that_is_gone_is_an_error_and_not_lost(url: str) -> None:
    """The broker confirms what a direct exchange without a queue drops. Announcements nobody has to want."""
    client = client_of(url)
    client.send_task("tasks.upkeep.relay", queue="upkeep", retry=False)
    with rabbitmq.connected(Settings(), url) as connection:
        connection.default_channel.queue_delete("upkeep")
    with pytest.raises(ChannelError, match="NO_ROUTE"):
        client.send_task("tasks.upkeep.relay", queue="upkeep", retry=False)
    rabbitmq.prepare(Settings(), url)
    client.send_task("tasks.upkeep.relay", queue="upkeep", retry=False)
    wait_for(lambda: depths(Settings(), url)["upkeep"] == 1)
    client.close()
    rabbitmq.announce(Settings(), url, [OutboxRow(1, 1, "nobody.wants", "{}", "c", datetime.now(UTC))])


def test_a_queue_of_another_kind_stops_a_worker_with_a_sentence(url: str) -> None:
    with Connection(url) as connection:
        connection.default_channel.queue_delete("upkeep")
        Queue("upkeep", Exchange("upkeep"), "upkeep").bind(connection.default_channel).declare()
    try:
        with pytest.raises(UnusableServer, match="a queue or an exchange upkeep of another kind"):
            rabbitmq.prepare(Settings(), url)
    finally:
        with Connection(url) as connection:
            connection.default_channel.queue_delete("upkeep")


def test_nobody_waits_for_a_rabbitmq_that_is_away_and_the_next_node_is_tried(url: str) -> None:
    nobody = Settings(broker_url=SecretStr("amqp://guest:hidden@127.0.0.1:1/"))
    began = time.monotonic()
    probe = probe_broker(nobody)
    assert probe.error == "ConnectionRefusedError"
    assert "hidden" not in repr(probe)
    two = url.replace("@", "@127.0.0.1:1,")
    assert depths(Settings(), two)[EVENTS] == 0
    client_of(two).send_task(RECEIVE, args=[opened("other-node")])
    wait_for(lambda: depths(Settings(), two)[EVENTS] == 1)
    assert time.monotonic() - began < 10


def test_what_came_without_an_envelope_over_redis_is_not_put_on_a_queue_of_rabbitmq(url: str) -> None:
    with rabbitmq.putting_back(Settings(), url) as put, pytest.raises(Refused, match="cannot be sent again"):
        put(EVENTS, b"not json")


def test_its_certificate_has_to_be_good_and_that_of_its_name(url: str, tmp_path: Path) -> None:
    given, folder, other = urlsplit(url), tmp_path / "tls", tmp_path / "other"
    for place in (folder, other):
        certificates.make(place, ["localhost", "elsewhere"], owner=None, now=datetime.now(UTC))

    def connect() -> socket.socket:
        return socket.create_connection((str(given.hostname), int(given.port or 0)), 5)

    def at(port: int, authority: Path) -> str:
        login = f"{given.username}:{given.password}"
        return f"amqps://{login}@localhost:{port}{given.path}?ssl_ca_certs={authority / 'ca.pem'}"

    with tls_before(connect, folder, "localhost") as port:
        good = at(port, folder)
        client_of(good).send_task(RECEIVE, args=[opened("over-tls")])
        wait_for(lambda: depths(Settings(), good)[EVENTS] == 1)
        # The same again by a connection that is made anew.
        assert depths(Settings(), good.replace("@localhost", "@localhost:1,localhost"))[EVENTS] == 1
        with pytest.raises(Unavailable, match="SSLCertVerificationError"):
            depths(Settings(), at(port, other))
    with tls_before(connect, folder, "localhost", known=(client := client_certificate(folder))) as port:
        mine = f"&ssl_certfile={client}&ssl_keyfile={client.with_suffix('.key')}"
        client_of(at(port, folder) + mine).send_task(RECEIVE, args=[opened("known")])
        wait_for(lambda: depths(Settings(), at(port, folder) + mine)[EVENTS] == 2)
        with pytest.raises(Unavailable):
            depths(Settings(), at(port, folder))
    with (
        tls_before(connect, folder, "elsewhere") as port,
        pytest.raises(Unavailable, match="SSLCertVerificationError"),
    ):
        depths(Settings(), at(port, folder))
