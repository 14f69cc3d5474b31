"""A detached process, known by its id and the moment it started, so that a reused id is never taken for it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

POLL_S = 0.05
PROC = Path("/proc/self/stat")


@dataclass(frozen=True, slots=True)
class Child:
    """One process. `started` is opaque: equal for the same process, different for any other with its id."""

    pid: int
    started: str

    def is_alive(self) -> bool:
        """False once it has ended, whether or not its parent has noticed."""
        return _started(self.pid) == self.started

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


def spawn(argv: Sequence[str], *, environment: Mapping[str, str], log: Path) -> Child:
    """Starts a program in a session of its own, with its output appended to `log`. It outlives this process."""
    to_log = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        argv[0],
        list(argv),
        dict(environment),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), to_log, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGPIPE],
    )
    # A program that ended at once leaves no trace of its start; the empty mark never equals a living process.
    return Child(pid=pid, started=_started(pid) or "")


def _started(pid: int) -> str | None:
    """When the process started, or None when there is no such process or it has ended."""
    with contextlib.suppress(ChildProcessError):
        # Takes note of the end of a process of our own; others are not ours to wait for.
        os.waitpid(pid, os.WNOHANG)
    return _started_by_proc(pid) if PROC.exists() else _started_by_ps(pid)


def _started_by_proc(pid: int) -> str | None:
    try:
        # The name in brackets may hold anything, so count from its end: state, then 18 fields, then the start.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if fields[0] in "ZX" else f"{boot}/{fields[19]}"


def _started_by_ps(pid: int) -> str | None:
    shown = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return shown[1].strip() if len(shown) == 2 and not shown[0].startswith("Z") else None
