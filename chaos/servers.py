"""PostgreSQL and Valkey of a run, each behind its proxy, and what can be done to them."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis

from chaos.proxy import Proxy
from sandbox.local.postgres import DATABASE, OWNER_ROLE, SUPERUSER, WORKER_ROLE, EmbeddedPostgres
from sandbox.local.valkey import EmbeddedValkey
from settlement.storage.migrate import upgrade
from worker.pid_file import load

PREFIX = "chaos:"
HOLD_MS = 60_000


class DatabaseServer:
    """A PostgreSQL that keeps what it committed, whatever is done to it."""

    def __init__(self, folder: Path) -> None:
        self._server = EmbeddedPostgres(folder)
        self._server.start()
        upgrade(self._server.url(OWNER_ROLE), worker_role=WORKER_ROLE)
        # What asks from outside the storm goes straight to the server.
        self.direct_url = self._server.url()
        with self._as_superuser() as connection:
            shown = connection.execute("SHOW data_directory").fetchone()
            sockets = connection.execute("SHOW unix_socket_directories").fetchone()
        assert shown is not None
        assert sockets is not None
        self._data = Path(shown[0])
        self.proxy = Proxy(Path(sockets[0]) / ".s.PGSQL.5432")

    @property
    def url(self) -> str:
        """The database as workers and producers reach it, through the proxy."""
        role = f"postgresql://{WORKER_ROLE}@127.0.0.1:{self.proxy.port}/{DATABASE}"
        return f"{role}?sslmode=disable&gssencmode=disable"

    def restart(self, pause_s: float) -> None:
        """As after a crash of the server: no goodbye to anybody, recovery from its log."""
        pid = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, signal.SIGQUIT)
        while (self._data / "postmaster.pid").exists():
            time.sleep(0.02)
        time.sleep(pause_s)
        self._server.start()

    def terminate_backends(self) -> int:
        """Ends every session of a client. How many."""
        with self._as_superuser() as connection:
            ended = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND usename = %s",
                [WORKER_ROLE],
            ).fetchone()
        return int(ended[0]) if ended else 0

    def connect(self) -> psycopg.Connection:
        """A session of the worker's role that the storm does not reach, but for the server's own end."""
        return psycopg.connect(self.direct_url, autocommit=True, connect_timeout=5)

    def destroy(self) -> None:
        """Stops it and deletes its data."""
        self.proxy.close()
        self._server.destroy()

    def _as_superuser(self) -> psycopg.Connection:
        return psycopg.connect(self._server.url(SUPERUSER), autocommit=True, connect_timeout=5)


class BrokerServer:
    """A Valkey that writes every command down before it answers: what a kill loses is not the fault of its disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = EmbeddedValkey(folder)
        self._start()
        port = urlsplit(self._server.url()).port
        assert port is not None
        self.proxy = Proxy(port)

    @property
    def url(self) -> str:
        """The broker as workers and producers reach it, through the proxy."""
        parts = urlsplit(self._server.url())
        return f"redis://:{parts.password}@127.0.0.1:{self.proxy.port}/0"

    @property
    def direct_url(self) -> str:
        """The broker itself."""
        return self._server.url()

    def restart(self, pause_s: float) -> None:
        """Killed, and started with what it had written down."""
        self._kill()
        time.sleep(pause_s)
        self._start()

    def lose_memory(self, pause_s: float) -> dict[str, list[str]]:
        """Killed, and started with nothing. By door, the events that lay there at that moment."""
        client = self.direct()
        # Whoever writes waits from here on; reading goes on, so what is read now is what will be gone.
        client.client_pause(HOLD_MS, all=False)
        gone = _contents(client)
        self._kill()
        client.close()
        shutil.rmtree(self._folder / "valkey" / "appendonlydir", ignore_errors=True)
        time.sleep(pause_s)
        self._start()
        return gone

    def contents(self) -> dict[str, list[str]]:
        """By door, the events that lie here now."""
        with self.direct() as client:
            return _contents(client)

    def direct(self) -> redis.Redis:
        """A client that the storm does not reach."""
        client: redis.Redis = redis.Redis.from_url(self._server.url(), socket_timeout=10)
        return client

    def destroy(self) -> None:
        """Stops it; its folder is deleted with the run's."""
        self.proxy.close()
        self._server.stop()

    def _start(self) -> None:
        self._server.start()
        with self.direct() as client:
            # A write is handed to the system before it is answered. With `everysec` it may wait for the disk meanwhile.
            client.config_set("appendfsync", "no")

    def _kill(self) -> None:
        child = load(self._folder / "valkey" / "pid.json")
        if child is not None:
            child.signal(signal.SIGKILL)
            child.wait(10)


def _contents(client: redis.Redis) -> dict[str, list[str]]:
    return {"stream": [*_in_stream(client)], "name": [*_in_queue(client)]}


def _in_stream(client: redis.Redis) -> Iterator[str]:
    entries: Any = client.xrange(f"{PREFIX}stream:events")
    for _, fields in entries:
        yield json.loads(fields[b"event"])["event_id"]


def _items(client: redis.Redis, name: str) -> list[bytes]:
    items: Any = client.lrange(name, 0, -1)
    return list(items)


def _in_queue(client: redis.Redis) -> Iterator[str]:
    """Events in messages that wait, and in those that a worker has and has not acknowledged."""
    lists = [f"{PREFIX}events", *client.scan_iter(f"{PREFIX}in-hand:events:*")]
    for message in (json.loads(item) for name in lists for item in _items(client, name)):
        if message["headers"].get("task") == "tasks.events.receive":
            given = json.loads(base64.b64decode(message["body"]))[0][0]
            yield from (event["event_id"] for event in (given if isinstance(given, list) else [given]))
