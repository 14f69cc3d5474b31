"""CPU time of processes. Beside a busy neighbour it says more than the clock does."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time that these processes have used since they began, in seconds; ended ones count nothing."""
    return sum(map(_seconds, pids))


def _seconds(pid: int) -> float:
    try:
        # The name in brackets may hold anything, so count from its end: state, ten fields, then the two times.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Process ids of the children of a process; none outside Linux."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
