"""Ending a process for good: a signal that is sent is not yet a process that has ended."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def kill_and_wait(pid: int, *, timeout_s: float = 20.0) -> None:
    """SIGKILL, then waits until the process is gone or only its entry is left."""
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + timeout_s
    while _lives(pid):
        assert time.monotonic() < deadline, f"process {pid} survived SIGKILL for {timeout_s} s"
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        # Gone between the two looks, or a system without /proc, where the signal's answer is all there is.
        return not Path("/proc").exists()
