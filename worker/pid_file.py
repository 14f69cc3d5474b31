"""A process and the file that names it, by its id and its start, so that no other with that id is taken for it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Child:
    """One process. `started` is opaque: equal for the same process, different for any other with its id."""

    pid: int
    started: str

    def is_alive(self) -> bool:
        """False once it has ended, whether or not its parent has noticed."""
        return started_at(self.pid) == self.started

    def signal(self, number: signal.Signals, *, group: bool = False) -> None:
        """Sends a signal to the process, or to all of its session. Does nothing when it has ended."""
        if not self.is_alive():
            return
        try:
            if group:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)
        except ProcessLookupError:
            return

    def wait(self, timeout_s: float) -> bool:
        """Waits for the end. Returns whether it came in time."""
        deadline = time.monotonic() + timeout_s
        while self.is_alive():
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_S)
        return True

    def stop(self, grace_s: float) -> bool:
        """Asks it to end, waits, then kills its whole session. Returns whether it ended by itself."""
        self.signal(signal.SIGTERM)
        if self.wait(grace_s):
            return True
        self.signal(signal.SIGKILL, group=True)
        self.wait(grace_s)
        return False

    def save(self, path: Path) -> None:
        """Writes the pid file; a reader sees the old one or the new one, never a part."""
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self)))
        partial.replace(path)


def load(path: Path) -> Child | None:
    """The process named by a pid file, alive or not; None when there is no readable one."""
    try:
        record = json.loads(path.read_text())
        return Child(pid=int(record["pid"]), started=str(record["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def started_at(pid: int) -> str | None:
    """When the process started, or None when there is no such process or it has ended."""
    with contextlib.suppress(ChildProcessError):
        # Takes note of the end of a process of our own; others are not ours to wait for.
        os.waitpid(pid, os.WNOHANG)
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        # Since the machine started, so that setting its clock makes no other process of it.
        return f"{process.create_time() - psutil.boot_time():.2f}"
    except psutil.NoSuchProcess:
        return None
