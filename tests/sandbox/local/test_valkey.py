from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sandbox.local.valkey import EmbeddedValkey
from tests.support.running.killing import kill_and_wait
from worker.pid_file import load
from worker.servers import LocalServerError


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    embedded = EmbeddedValkey(tmp_path / "state")
    yield embedded
    embedded.stop()


def client(server: EmbeddedValkey) -> redis.Redis:
    return redis.Redis.from_url(server.url())


def server_pid(server: EmbeddedValkey) -> int:
    child = load(server._pid_file)
    assert child is not None
    return child.pid


def test_starts_durable_and_never_evicts(server):
    server.start()
    assert server.is_running()
    with client(server) as connection:
        assert connection.config_get("appendonly", "maxmemory-policy", "appendfsync") == {
            "appendonly": "yes",
            "maxmemory-policy": "noeviction",
            "appendfsync": "everysec",
        }


def test_asks_for_its_password_and_keeps_it_to_its_user(server):
    server.start()
    port = int(server.url().rpartition(":")[2].partition("/")[0])
    with (
        redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()
    assert (server.state_dir / "valkey" / "valkey.conf").stat().st_mode & 0o077 == 0


def test_a_second_start_finds_the_running_server(server):
    server.start()
    pid, url = server_pid(server), server.url()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: EmbeddedValkey(server.state_dir).start(), range(2)))
    assert (server_pid(server), server.url()) == (pid, url)


def test_stops_and_keeps_data_and_url(server):
    server.start()
    url = server.url()
    with client(server) as connection:
        connection.set("kept", "42")
    server.stop()
    assert not server.is_running()
    server.stop()
    server.start()
    assert server.url() == url
    with client(server) as connection:
        assert connection.get("kept") == b"42"


def test_starts_again_with_its_data_after_it_was_killed(server):
    server.start()
    killed = server_pid(server)
    with client(server) as connection:
        connection.set("kept", "42")
        # One local copy of the log has to be on disk.
        connection.execute_command("WAITAOF", 1, 0, 5000)
    kill_and_wait(killed)
    server.start()
    assert server_pid(server) != killed
    with client(server) as connection:
        assert connection.get("kept") == b"42"


def test_moves_to_another_port_when_its_own_was_taken(server):
    server.start()
    url = server.url()
    server.stop()
    with socket.socket() as occupant:
        occupant.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        occupant.bind(("127.0.0.1", int(url.rpartition(":")[2].partition("/")[0])))
        occupant.listen()
        server.start()
        assert server.url() != url
        assert server.is_running()


def test_never_takes_the_standard_port(server):
    with socket.socket() as occupant:
        try:
            occupant.bind(("127.0.0.1", 6379))
            occupant.listen()
        except OSError:
            # Somebody else's Redis: as good.
            pass
        server.start()
        assert server.is_running()
        assert ":6379/" not in server.url()


def test_has_no_url_before_its_first_start(server):
    with pytest.raises(LocalServerError, match="never started"):
        server.url()
