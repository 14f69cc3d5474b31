"""Workers, beats and other processes of a run: started, stopped, killed, and never left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chaos.schedule import BEATS, FULL, WEBHOOKS, Workers
from chaos.waiting import comes_true
from worker import health

ROOT = Path(__file__).parents[1]
# Generous, for a machine that has much else to do.
GRACE_S = 90.0
START_S = 400.0
PRODUCT = "worker.app"
# The control: the same app without what finds work that no message announces.
CONTROL = "chaos.without_sweeper"


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Fleet:
    """Processes by name, each in a session of its own, so that all of one can be ended at once."""

    folder: Path
    environment: dict[str, str]
    workers: Workers = field(default_factory=lambda: FULL)
    app: str = PRODUCT
    # The program's folder, where it is another release's.
    root: Path = ROOT
    # Where webhooks are taken in, on loopback; the same for every server that follows another.
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    # Workers that took longer to end than they should, with how long.
    slow_ends: list[tuple[str, float]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that is to run."""
        return (*self.workers, *BEATS, WEBHOOKS)

    def start_all(self) -> None:
        """Every worker, both beats, and the server of webhooks."""
        for name in self.names:
            self.start(name)

    def start(self, name: str) -> None:
        """Starts a worker, the server of webhooks, or a beat by any other name. Returns before it is ready."""
        with self._lock:
            if name in self.running and self.running[name].poll() is None:
                return
            self.run(name, [sys.executable, *self._arguments(name)])

    def run(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Starts any program, with its output added to its log."""
        with (self.folder / f"{name}.log").open("ab") as log:
            popen = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True, cwd=self.root,
            )  # fmt: skip
        self.running[name] = popen
        return popen

    def kill(self, name: str) -> None:
        """SIGKILL to all of it: nothing says goodbye."""
        with self._lock:
            popen = self.running.get(name)
            if popen is not None and popen.poll() is None:
                os.killpg(popen.pid, signal.SIGKILL)
                popen.wait(GRACE_S)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Any other signal, to all of it."""
        with self._lock:
            popen = self.running.get(name)
            if popen is not None and popen.poll() is None:
                os.killpg(popen.pid, number)

    def end(self, *names: str) -> None:
        """SIGTERM to the named ones at once; waits for them, and kills what does not end."""
        found = {name: self.running[name] for name in names if self.running[name].poll() is None}
        for popen in found.values():
            popen.terminate()
        began = time.monotonic()
        for name, popen in found.items():
            try:
                popen.wait(max(0.1, GRACE_S - (time.monotonic() - began)))
            except subprocess.TimeoutExpired:
                self.slow_ends.append((name, time.monotonic() - began))
                self.kill(name)

    def wait_until_alive(self, timeout_s: float = START_S) -> None:
        """Waits for a sign of life of every worker since it was started."""
        until = time.monotonic() + timeout_s
        for name in self.workers:
            comes_true(partial(self._has_begun, name), within_s=until - time.monotonic())
            if not self._is_alive(name):
                raise RuntimeError(f"{name} did not start, see {self.folder / f'{name}.log'}")

    def _is_alive(self, name: str) -> bool:
        """Has it given a sign of life."""
        return health.path_of(name, self.running[name].pid, inside=self.folder / "health").exists()

    def _has_begun(self, name: str) -> bool:
        """There is nothing more to wait for: its sign of life, or its end."""
        return self._is_alive(name) or self.running[name].poll() is not None

    def ended_by_themselves(self) -> list[str]:
        """Those that run no longer although nobody ended them."""
        return [name for name in self.names if self.running[name].poll() is not None]

    def kill_all(self) -> None:
        """Ends everything that this fleet started and that still runs."""
        for name in [*self.running]:
            self.signal(name, signal.SIGCONT)
            self.kill(name)

    def _arguments(self, name: str) -> list[str]:
        celery = ("-m", "celery", "-A", self.app)
        if name == WEBHOOKS:
            return ["-c", "from interfaces.cli.main import main; main()", "serve", "--port", str(self.port)]
        if name not in self.workers:
            return [*celery, "beat", "-s", str(self.folder / f"{name}-schedule"), "--pidfile="]
        pool, size = ("prefork", 2) if name == "month-close" else ("threads", 8)
        return [
            *celery, "worker", "-Q", ",".join(self.workers[name]), "--pool", pool, "-c", str(size), "-n", f"{name}@%h",
            "--without-gossip", "--without-mingle",
        ]  # fmt: skip
