"""A broker for a test: fakeredis in this process, quick and able to go away, or a real Valkey, which is the judge."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fakeredis
import pytest
import redis
from celery import Celery
from kombu import Connection
from kombu.transport import redis as kombu_redis

from chaos.failover.broker.servers import HOST, MASTER, Watched
from config.settings import Settings
from interfaces import certificates
from sandbox.local.binaries import valkey_program
from tests.support.running.loopback import free_port
from tests.support.running.processes import until_it_answers
from tests.support.running.tls import tls_before
from worker.app import configuration
from worker.broker import kind_of
from worker.celery import transport as transport_module

FAKE_URL = "redis://fake.invalid/0"


class Broker:
    """A Redis with a key prefix of its own. `server` is the fake one, or None with a real one behind it."""

    def __init__(self, url: str | None = None) -> None:
        self.server = None if url else _fake_server()
        self.url = url or FAKE_URL
        self.prefix = f"{uuid.uuid4().hex[:8]}:"

    def client(self) -> redis.Redis:
        """A client, as `worker.broker.redis_client` makes one."""
        if self.server is None:
            return redis.Redis.from_url(self.url)
        # The fake answers XREADGROUP in a script by the protocol of whoever runs the script; a real one by RESP2.
        return fakeredis.FakeRedis(server=self.server, protocol=2)

    def connection(self) -> Connection:
        """What Celery publishes over: our transport."""
        options = {"global_keyprefix": self.prefix, "priority_steps": [0]}
        return Connection(self.url, transport=self._transport(), transport_options=options)

    def plain_connection(self) -> Connection:
        """The same over kombu's own transport, as an earlier release used it."""
        options = {"global_keyprefix": self.prefix}
        return Connection(self.url, transport=self._faked(kombu_redis), transport_options=options)

    def celery(self) -> Celery:
        """A client with the workers' configuration."""
        made = Celery("test", set_as_current=False)
        made.conf.update(configuration(Settings(broker_key_prefix=self.prefix), self.url))
        made.conf.broker_transport = self._transport()
        return made

    def forget(self) -> None:
        """Deletes what a test has put there."""
        if self.server is None:
            with self.client() as client:
                for key in client.scan_iter(f"{self.prefix}*"):
                    client.delete(key)

    def _transport(self) -> Any:
        return self._faked(transport_module) if self.server else kind_of(self.url).transport

    def _faked(self, module: Any) -> Any:
        """A transport of this module, over the fake server where there is one."""
        server = self.server
        if server is None:
            return module.Transport

        class FakeChannel(module.Channel):  # type: ignore[misc]  # whichever it is
            def _get_pool(self, asynchronous: bool = False) -> Any:
                super()._get_pool(asynchronous=asynchronous)
                return redis.ConnectionPool(connection_class=fakeredis.FakeRedisConnection, server=server)

        class FakeTransport(module.Transport):  # type: ignore[misc]  # as above
            Channel = FakeChannel

        return FakeTransport


def _fake_server() -> Any:
    """A fake one with what scripts of the real one have and those of the fake one lack."""
    made: Any = fakeredis.FakeServer(server_type="valkey")
    with fakeredis.FakeRedis(server=made) as client:
        # Its interpreter is there from the first script on.
        client.eval("return 1", 0)
    give = made._lua_runtime.eval("function(sha1hex) redis.sha1hex = sha1hex end")
    give(lambda value: hashlib.sha1(value, usedforsecurity=False).hexdigest().encode())
    return made


def lapse(client: redis.Redis, prefix: str, *, ago_s: float = 1) -> None:
    """Instead of waiting until dead workers count as dead: so long ago."""
    members: Any = client.zrange(f"{prefix}leases", 0, -1)
    for member in members:
        client.zadd(f"{prefix}leases", {member: (time.time() - ago_s) * 1000})


@pytest.fixture(params=["fake", "real"])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """A broker with nothing in it: every test that asks for one runs over both."""
    made = Broker(request.getfixturevalue("valkey") if request.param == "real" else None)
    yield made
    made.forget()


@pytest.fixture
def fake_broker() -> Broker:
    """The fake one, which can be told to go away: `fake_broker.server.connected = False`."""
    return Broker()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Two real Valkeys, of which one follows the other, and three sentinels, who are patient on a busy machine."""
    made = Watched(tmp_path_factory.mktemp("watched") / "valkey", down_after_ms=60_000)
    yield made
    made.destroy()


@pytest.fixture
def over_tls(valkey: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a Valkey that a sentinel watches, with TLS before both. The sentinel itself needs none."""
    given, folder = urlsplit(valkey), tmp_path / "tls"
    certificates.make(folder, [HOST], owner=None, now=datetime.now(UTC))
    port = free_port()
    with tls_before(lambda: _to(given.hostname, given.port), folder, HOST, plain_too=True) as server:
        settings = tmp_path / "sentinel.conf"
        settings.write_text(
            f"bind {HOST}\nport {port}\ndir {tmp_path}\nsentinel monitor {MASTER} {HOST} {server} 1\n"
            f"sentinel auth-pass {MASTER} {given.password}\n"
        )
        command = [str(valkey_program()), str(settings), "--sentinel"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as sentinel:
            try:
                until_it_answers(lambda: _to(HOST, port).close())
                with tls_before(lambda: _to(HOST, port), folder, HOST) as at:
                    yield (
                        f"sentinels://:{given.password}@{HOST}:{at}{given.path or '/0'}?master={MASTER}"
                        f"&ssl_ca_certs={folder / 'ca.pem'}"
                    )
            finally:
                sentinel.kill()


def _to(host: str | None, port: int | None) -> socket.socket:
    return socket.create_connection((str(host), int(port or 0)), 5)
