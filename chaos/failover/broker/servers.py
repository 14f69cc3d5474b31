"""Two Valkeys, of which one follows the other, and three sentinels that watch them."""

from __future__ import annotations

import contextlib
import secrets
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chaos.fleet import free_port
from chaos.waiting import wait_for
from sandbox.local.binaries import valkey_program

HOST = "127.0.0.1"
MASTER = "settle"
DOWN_AFTER_MS = 1000
# When no sentinel gets enough votes they vote again after twice this, and a little by chance.
FAILOVER_MS = 3000
ATTACH_S = 120.0
SERVER = """\
bind {host}
port {port}
requirepass {password}
masterauth {password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
repl-diskless-sync-delay 0
"""
SENTINEL = """\
bind {host}
port {port}
requirepass {sentinel_password}
sentinel sentinel-pass {sentinel_password}
dir "{folder}"
sentinel monitor {master} {host} {first} 2
sentinel auth-pass {master} {password}
sentinel down-after-milliseconds {master} {down_after_ms}
sentinel failover-timeout {master} {failover_ms}
"""


class Watched:
    """A master and its replica, which change places when the sentinels say so."""

    def __init__(self, folder: Path, *, down_after_ms: int = DOWN_AFTER_MS) -> None:
        self._down_after_ms = down_after_ms
        self.password, self.sentinel_password = secrets.token_hex(12), secrets.token_hex(12)
        self._folder = folder
        self.ports = (free_port(), free_port())
        self.sentinels = tuple((HOST, free_port()) for _ in range(3))
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._dead = 0
        try:
            self._begin()
        except BaseException:
            self.destroy()
            raise

    @property
    def url(self) -> str:
        """As a setting."""
        hosts = ",".join(f"{host}:{port}" for host, port in self.sentinels)
        return f"sentinel://:{self.password}@{hosts}/0?master={MASTER}&sentinel_password={self.sentinel_password}"

    @property
    def master(self) -> int:
        """The port of the server that takes writes, as the first sentinel knows it."""
        with self.asked(self.sentinels[0][1]) as sentinel:
            found: Any = sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)
            return int(found[1])

    def asked(self, port: int) -> redis.Redis:
        """A client of one of the servers or sentinels."""
        password = self.password if port in self.ports else self.sentinel_password
        return redis.Redis(
            HOST,
            port,
            password=password,
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )

    def attach(self) -> None:
        """When this returns the replica has everything, and every sentinel knows it."""
        self._wait_for(self._is_whole)

    def kill(self) -> None:
        """The master dies."""
        self._dead = self.master
        self._running[self._dead].kill()
        self._running[self._dead].wait()

    def take_over(self) -> None:
        """The sentinels put the replica in its place, and who died comes back as the replica of that."""
        self._wait_for(lambda: all(self._knows(port, not_=self._dead) for _, port in self.sentinels))
        self._start(self._dead, "--replicaof", f"{HOST} {self.master}")

    def change_places(self) -> None:
        """As when an operator asks for it: the replica takes over, and the master, which lives, follows it."""
        old = self.master
        self._wait_for(self._is_told)
        self._wait_for(lambda: all(self._knows(port, not_=old) for _, port in self.sentinels))
        self._wait_for(self._is_whole)

    def destroy(self) -> None:
        """Ends all of them."""
        for process in self._running.values():
            process.send_signal(signal.SIGKILL)
            process.wait()

    def _begin(self) -> None:
        for port in self.ports:
            self._write(port, SERVER)
        self._start(self.ports[0])
        self._start(self.ports[1], "--replicaof", f"{HOST} {self.ports[0]}")
        for _, port in self.sentinels:
            self._write(port, SENTINEL)
            self._start(port, "--sentinel")
            with self.asked(port) as sentinel:
                # A sentinel looks for replicas and others of its kind every ten seconds, unless it is told otherwise.
                sentinel.execute_command(
                    "SENTINEL", "DEBUG", "INFO-PERIOD", 500, "PUBLISH-PERIOD", 500, "ASK-PERIOD", 500
                )
        self.attach()

    def _write(self, port: int, text: str) -> None:
        folder = self._folder / str(port)
        folder.mkdir(parents=True)
        given = text.format(
            host=HOST, port=port, folder=folder, password=self.password, sentinel_password=self.sentinel_password,
            master=MASTER, first=self.ports[0], down_after_ms=self._down_after_ms, failover_ms=FAILOVER_MS,
        )  # fmt: skip
        (folder / "valkey.conf").write_text(given)

    def _start(self, port: int, *arguments: str) -> None:
        folder = self._folder / str(port)
        with (folder / "valkey.log").open("ab") as log:
            self._running[port] = subprocess.Popen(
                [valkey_program(), str(folder / "valkey.conf"), *arguments],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self._wait_for(lambda: self._answers(port))

    def _answers(self, port: int) -> bool:
        if self._running[port].poll() is not None:
            raise RuntimeError(f"it ended, see {self._folder / str(port) / 'valkey.log'}")
        with contextlib.suppress(redis.ConnectionError, redis.TimeoutError), self.asked(port) as client:
            return bool(client.ping())
        return False

    def _is_whole(self) -> bool:
        """Does the replica follow the master, and could each of the sentinels let it take over."""
        master = self.master
        try:
            with self.asked(master) as client:
                replication: Any = client.info("replication")
            return (
                replication["role"] == "master"
                and replication.get("slave0", {}).get("state") == "online"
                and all(self._could_promote(port, master) for _, port in self.sentinels)
            )
        except redis.RedisError:
            return False

    def _could_promote(self, port: int, master: int) -> bool:
        with self.asked(port) as sentinel:
            known: Any = sentinel.execute_command("SENTINEL", "MASTERS")
            replicas: Any = sentinel.execute_command("SENTINEL", "REPLICAS", MASTER)
        one = _fields(known[0])
        return (
            (int(one["port"]), one["flags"], int(one["num-other-sentinels"]) + 1)
            == (master, "master", len(self.sentinels))
            and [(_fields(replica)["flags"], _fields(replica)["master-link-status"]) for replica in replicas]
            == [("slave", "ok")]
        )  # fmt: skip

    def _is_told(self) -> bool:
        """False as long as the sentinel does not find the replica good enough."""
        with contextlib.suppress(redis.ResponseError), self.asked(self.sentinels[0][1]) as sentinel:
            return bool(sentinel.execute_command("SENTINEL", "FAILOVER", MASTER))
        return False

    def _knows(self, port: int, *, not_: int) -> bool:
        with contextlib.suppress(redis.ConnectionError, redis.TimeoutError), self.asked(port) as sentinel:
            found: Any = sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)
            return int(found[1]) != not_
        return False

    @staticmethod
    def _wait_for(condition: Callable[[], bool]) -> None:
        wait_for(
            condition, "the replica does not follow, or no sentinel lets it take over", within_s=ATTACH_S
        )


def _fields(answer: Any) -> dict[str, str]:
    return answer if isinstance(answer, dict) else dict(zip(answer[::2], answer[1::2], strict=True))
