"""A broker that sentinels watch: clients and Celery's transport go on with whichever server takes writes. R11.1f."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery
from kombu import Connection
from kombu.exceptions import OperationalError
from pydantic import SecretStr

from chaos.failover.broker.servers import HOST, MASTER, Watched
from config.settings import Settings
from interfaces import certificates
from interfaces.cli.commands.operations.probes import probe_broker
from tests.support.running.processes import wait_for
from worker.app import configuration
from worker.broker import kind_of, redis_client, speaks_redis
from worker.queues import EVENTS
from worker.sentinel import Watch

URL = "sentinel://u:p%3B%40@one:1,[::1]:3/4?master=settle&sentinel_user=s&sentinel_password=q"
NOBODY = "sentinel://:hidden@127.0.0.1:1,127.0.0.1:2/0?master=settle&sentinel_password=hidden"


def settings_of(url: str) -> Settings:
    return Settings(broker_url=SecretStr(url), broker_key_prefix="sentinel-test:")


def celery_of(url: str) -> Celery:
    made = Celery("test", set_as_current=False)
    made.conf.update(configuration(settings_of(url), url))
    return made


def port_of(client: redis.Redis) -> int:
    """Of the server that it speaks to."""
    found: Any = client.config_get("port")
    return int(found["port"])


def test_celery_is_told_of_every_sentinel() -> None:
    assert speaks_redis(URL)
    ours = Connection(kind_of(URL).celery_url(URL), transport=kind_of(URL).transport)
    assert (ours.hostname, ours.port, ours.userid, ours.password, ours.virtual_host) == (
        "one",
        1,
        "u",
        "p;@",
        "4",
    )
    assert type(ours.transport).__module__ == "worker.celery.sentinel"
    options = kind_of(URL).options(URL, Settings().limits, "x:")
    assert (options["sentinels"], options["master_name"]) == ((("one", 1), ("::1", 3)), "settle")
    to_sentinels = options["sentinel_kwargs"]
    assert (to_sentinels["username"], to_sentinels["password"], to_sentinels["socket_timeout"]) == (
        "s",
        "q",
        5.0,
    )


def test_clients_and_messages_go_on_with_the_server_that_takes_over(watched: Watched) -> None:
    client, app = redis_client(settings_of(watched.url), watched.url), celery_of(watched.url)
    with app.connection_for_write() as connection, connection.channel() as channel:
        client.set("kept", 1)
        before = port_of(client)
        app.send_task("tasks.events.drain", connection=connection)
        watched.change_places()

        succeeds(lambda: client.set("more", 1))
        assert (client.get("kept"), port_of(client) != before) == (b"1", True)
        # Scripts are sent whole, and need not be known there.
        assert client.eval("return redis.call('INCR', KEYS[1])", 1, "more") == 2
        succeeds(lambda: app.send_task("tasks.events.drain", connection=connection))
        assert succeeds(lambda: client.llen(f"sentinel-test:{EVENTS}")) == 2
        taken = [succeeds(lambda: channel.basic_get(EVENTS)) for _ in range(2)]
        assert [one.headers["task"] for one in taken] == ["tasks.events.drain"] * 2
        for message in taken:
            message.ack()
        assert channel.basic_get(EVENTS) is None
    client.close()


def succeeds(act: Callable[[], Any]) -> Any:
    """Repeats what fails as long as a connection that was lost is not made again."""
    results: list[Any] = []

    def is_done() -> bool:
        with contextlib.suppress(redis.RedisError, OperationalError):
            results.append(act())
        return bool(results)

    wait_for(is_done)
    return results[0]


def in_a_transaction(client: redis.Redis) -> Any:
    with client.pipeline(transaction=True) as pipe:
        pipe.set("a", 1)
        return pipe.execute()


def test_a_server_that_takes_no_writes_any_more_counts_as_lost_and_is_left(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that the sentinels did not cut off, or that asked one which had not heard yet."""
    replica = next(port for port in watched.ports if port != watched.master)
    said = [(HOST, watched.master), (HOST, replica)]
    monkeypatch.setattr(Watch, "discover_master", lambda *_: said.pop() if len(said) > 1 else said[0])
    writes: tuple[Callable[[redis.Redis], Any], ...] = (
        lambda client: client.set("a", 1),
        lambda client: client.eval("return redis.call('SET', KEYS[1], 1)", 1, "a"),
        in_a_transaction,
    )
    for write in writes:
        said[:] = [(HOST, watched.master), (HOST, replica)]
        with redis_client(settings_of(watched.url), watched.url) as client:
            with pytest.raises(redis.ConnectionError):
                write(client)
            assert write(client)


def test_a_program_with_kombus_own_sentinel_transport_sends_to_the_same_queues(watched: Watched) -> None:
    theirs = Celery("theirs", set_as_current=False)
    theirs.conf.broker_url = ";".join(
        f"sentinel://:{watched.password}@{host}:{port}" for host, port in watched.sentinels
    )
    theirs.conf.broker_transport_options = {
        "master_name": MASTER, "sentinel_kwargs": {"password": watched.sentinel_password},
        "global_keyprefix": "sentinel-test:",
    }  # fmt: skip
    theirs.send_task("tasks.events.receive", args=[[]], queue=EVENTS)
    with celery_of(watched.url).connection_for_write() as connection, connection.channel() as channel:
        message = channel.basic_get(EVENTS)
        assert message.headers["task"] == "tasks.events.receive"
        message.ack()


def test_the_place_is_shown_without_its_passwords(watched: Watched) -> None:
    probe = probe_broker(settings_of(watched.url))
    assert (probe.error, probe.version.partition(" ")[0]) == (None, "valkey")
    assert (MASTER in probe.place, "***" in probe.place) == (True, True)
    assert not {watched.password, watched.sentinel_password} & set(probe.place.replace("@", ":").split(":"))
    assert watched.sentinel_password not in probe.place


def test_while_no_sentinel_answers_the_broker_is_away_and_no_secret_is_said() -> None:
    given = settings_of(NOBODY)
    probe = probe_broker(given)
    assert probe.error == f"no sentinel knows where {MASTER} is"
    assert "hidden" not in probe.place
    with (
        celery_of(NOBODY).connection_for_write() as connection,
        pytest.raises(connection.connection_errors) as said,
    ):
        connection.ensure_connection(max_retries=0, reraise_as_library_errors=False)
    assert str(said.value) == f"no sentinel knows where {MASTER} is"


def test_sentinels_and_the_server_are_spoken_to_over_tls(over_tls: str) -> None:
    app = celery_of(over_tls)
    with redis_client(settings_of(over_tls), over_tls) as client:
        assert succeeds(lambda: client.set("sentinel-test:kept", 1))
        assert client.connection_pool.connection_class.__name__ == "SentinelManagedSSLConnection"
        with app.connection_for_write() as connection, connection.channel() as channel:
            channel.queue_purge(EVENTS)
            app.send_task("tasks.events.drain", connection=connection)
            message = channel.basic_get(EVENTS)
            assert message.headers["task"] == "tasks.events.drain"
            message.ack()
        client.delete("sentinel-test:kept")


def test_a_certificate_that_is_not_good_is_refused_by_whoever_connects(over_tls: str, tmp_path: Path) -> None:
    certificates.make(tmp_path / "other", [HOST], owner=None, now=datetime.now(UTC))
    strange = over_tls.replace("/tls/ca.pem", "/other/ca.pem")
    with redis_client(settings_of(strange), strange) as client, pytest.raises(redis.ConnectionError):
        client.ping()
    with pytest.raises(OperationalError):
        celery_of(strange).send_task("tasks.events.drain")
    assert probe_broker(settings_of(strange)).error
    # Nor is anything said in the clear.
    plain = over_tls.replace("sentinels://", "sentinel://").partition("&ssl_ca_certs")[0]
    with redis_client(settings_of(plain), plain) as client, pytest.raises(redis.ConnectionError):
        client.ping()
