"""Starts a program that outlives the one that starts it."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from worker.pid_file import Child, started_at


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
    return Child(pid=pid, started=started_at(pid) or "")
