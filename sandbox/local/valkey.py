"""An embedded Valkey: real server, a free port of the loopback, a password of its own, every write on disk soon."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sandbox.local.binaries import valkey_program
from sandbox.local.lock import exclusive
from sandbox.local.spawn import spawn
from worker.pid_file import Child, load
from worker.servers import LocalServerError

HOST = "127.0.0.1"
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 30.0
PORTS_TRIED = 5
SETTINGS = """\
bind {host}
port {port}
requirepass {password}
dir "{folder}"
daemonize no
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


@dataclass(frozen=True, slots=True)
class EmbeddedValkey:
    """The server that belongs to a state folder."""

    state_dir: Path

    def start(self) -> None:
        """Starts the server unless it runs. Safe to call twice, at once, and after a crash.

        Raises:
            LocalServerError: it did not start; the message names its log.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with exclusive(self._folder / "lock"):
            if self._running() is not None:
                return
            for _ in range(PORTS_TRIED):
                port = self._choose_port()
                self._write_settings(port)
                child = spawn(
                    [str(valkey_program()), str(self._folder / "valkey.conf")],
                    environment=os.environ,
                    log=self.log,
                )
                child.save(self._pid_file)
                if self._wait_until_ready(child):
                    return
            raise LocalServerError(f"Valkey did not start; see {self.log}")

    def stop(self) -> None:
        """Stops the server after its last write and waits for it. Does nothing when it is not running."""
        if not self._folder.is_dir():
            return
        with exclusive(self._folder / "lock"):
            child = self._running()
            if child is not None:
                child.stop(STOP_TIMEOUT_S)
            self._pid_file.unlink(missing_ok=True)

    def is_running(self) -> bool:
        """Does it answer."""
        if self._running() is None:
            return False
        try:
            return self._ping()
        except redis.RedisError:
            return False

    def url(self, database: int = 0) -> str:
        """The URL, with password.

        Raises:
            LocalServerError: it was never started.
        """
        settings = self._read_settings()
        return f"redis://:{settings['requirepass']}@{HOST}:{settings['port']}/{database}"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self._folder / "valkey.log"

    @property
    def _folder(self) -> Path:
        return self.state_dir / "valkey"

    @property
    def _pid_file(self) -> Path:
        return self._folder / "pid.json"

    def _running(self) -> Child | None:
        child = load(self._pid_file)
        return child if child is not None and child.is_alive() else None

    def _choose_port(self) -> int:
        """The port of last time where it is free, so that URLs stay good over a restart; else any free one."""
        with contextlib.suppress(LocalServerError):
            known = int(self._read_settings()["port"])
            if _is_free(known):
                return known
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port: int = probe.getsockname()[1]
            return port

    def _write_settings(self, port: int) -> None:
        try:
            password = self._read_settings()["requirepass"]
        except LocalServerError:
            password = secrets.token_urlsafe(24)
        text = SETTINGS.format(host=HOST, port=port, password=password, folder=self._folder)
        path = self._folder / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text(text)

    def _read_settings(self) -> dict[str, str]:
        try:
            lines = (self._folder / "valkey.conf").read_text().splitlines()
        except OSError as error:
            raise LocalServerError("Valkey was never started here") from error
        return {name: value for name, _, value in (line.partition(" ") for line in lines)}

    def _ping(self) -> bool:
        # Whoever asks repeats the question himself; the client's own retries would only delay the answer.
        once = Retry(NoBackoff(), 0)
        with redis.Redis.from_url(
            self.url(), socket_timeout=2, socket_connect_timeout=2, retry=once
        ) as client:
            return bool(client.ping())

    def _wait_until_ready(self, child: Child) -> bool:
        """Waits until it answers. False when it ended instead, as it does when the port was taken meanwhile."""
        for _ in range(int(START_TIMEOUT_S / 0.05)):
            try:
                return self._ping()
            except redis.RedisError:
                # Not yet listening, or still reading its file; whoever took the port refuses our password.
                if child.wait(0.05):
                    return False
        child.stop(STOP_TIMEOUT_S)
        raise LocalServerError(f"Valkey did not answer within {START_TIMEOUT_S:g} s; see {self.log}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
