"""A RabbitMQ node on loopback, beside whichever else is here: own folder, cookie and port mapper."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from chaos.fleet import free_port
from chaos.waiting import wait_for
from sandbox.local.postgres import UNPRIVILEGED_USER

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
MAPPER = "epmd"
START_S = 120.0
STOP_S = 60.0


# Of every user of a run.
_WORD = secrets.token_hex(12)


def _user(name: str) -> dict[str, str]:
    """One with the password that all have here."""
    salt = b"salt"
    digest = salt + hashlib.sha256(salt + _WORD.encode()).digest()
    return {
        "name": name, "password_hash": base64.b64encode(digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": "",
    }  # fmt: skip


# Users with the rights of docs/operating.md: the workers', and a sender's.
_DEFINITIONS = {
    "vhosts": [{"name": "settle"}],
    "users": [_user("settle"), _user("crm")],
    "permissions": [
        {"user": "settle", "vhost": "settle", "configure": ".*", "write": ".*", "read": ".*"},
        {"user": "crm", "vhost": "settle", "configure": "^$", "write": "^events$", "read": "^$"},
    ],
}


def is_installed() -> bool:
    """Is RabbitMQ on this machine, as Debian's package puts it."""
    return PROGRAM.exists() and shutil.which(MAPPER) is not None


class Node:
    """A node with what it has on its disk, that may be stopped or killed, and started again."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="settle-", dir="/tmp"))
        self._mapper_port, self._port = free_port(), free_port()
        self._environment = self._written(self._mapper_port)
        self._running: list[subprocess.Popen[bytes]] = []
        self._kills = 0
        try:
            self._running.append(
                self._started(MAPPER, "-port", str(self._mapper_port), "-address", "127.0.0.1")
            )
            self._wait_until(self._mapper_answers)
            self._running.append(self._started(str(PROGRAM)))
            self._wait_until(self._greets)
        except BaseException:
            self.destroy()
            raise

    def url(self, user: str = "settle") -> str:
        """As the workers' user, or as another."""
        return f"amqp://{user}:{_WORD}@127.0.0.1:{self._port}/settle"

    def attach(self) -> None:
        """Returns at once: there is no other that would follow it."""

    def kill(self) -> None:
        """Killed as by a crash the first time, stopped as by an operator the next, and so on."""
        if self._kills % 2:
            self.stop()
        else:
            self._kill(self._running[1])
        self._kills += 1

    def stop(self) -> None:
        """As an operator does."""
        self._running[1].terminate()
        try:
            self._running[1].wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._kill(self._running[1])

    def take_over(self) -> None:
        """Started with what it has on its disk; returns when it is there again."""
        self._running[1] = self._started(str(PROGRAM))
        self._wait_until(self._greets)

    def restart(self) -> None:
        """Killed, as by a crash, and started."""
        self._kill(self._running[1])
        self.take_over()

    def destroy(self) -> None:
        """Ends it, and deletes its data."""
        for process in reversed(self._running):
            self._kill(process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _written(self, mapper_port: int) -> dict[str, str]:
        """The files that it reads, and what it is told by its environment."""
        folder = self._folder
        (folder / "plugins").write_text("[].\n")
        (folder / "definitions.json").write_text(json.dumps(_DEFINITIONS))
        (folder / "rabbitmq.conf").write_text(
            f"disk_free_limit.absolute = 50MB\nload_definitions = {folder / 'definitions.json'}\n"
        )
        for path in folder.iterdir():
            path.chmod(0o644)
        if (user := _unprivileged()) is not None:
            shutil.chown(folder, user)
        return {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder),
            "ERL_EPMD_PORT": str(mapper_port), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"settle{self._port}@localhost", "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port), "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder), "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_PID_FILE": str(folder / "pid"), "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"), "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            # One scheduler that does not spin: who runs this has few processors.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
        }  # fmt: skip

    def _started(self, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, cwd="/", user=_unprivileged(), env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    @staticmethod
    def _kill(process: subprocess.Popen[bytes]) -> None:
        """With all that a script has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _mapper_answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._mapper_port), 1):
            return True
        return False

    def _greets(self) -> bool:
        """Does it answer the greeting of its protocol: it listens before it speaks."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._port), 5) as connected,
        ):
            connected.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(connected.recv(1))
        return False

    def _wait_until(self, condition: Callable[[], bool]) -> None:
        wait_for(condition, "RabbitMQ does not start", within_s=START_S, every_s=0.05)


def _unprivileged() -> str | None:
    """Servers refuse to run as root."""
    return pwd.getpwnam(UNPRIVILEGED_USER).pw_name if os.geteuid() == 0 else None
