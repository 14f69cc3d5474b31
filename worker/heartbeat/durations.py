"""How long things took in this process, counted until they are written down. Safe to use from any thread."""

from __future__ import annotations

import os
import threading
from bisect import bisect_left

from settlement.model.instants import instant_text
from settlement.storage.work.operating.processes import Durations
from worker.runtime import host_now

# Upper bounds in seconds, with one more place for what took longer. What is in the database was counted by them: other
# bounds need a measure of another name.
BOUNDS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
TASK, TOP_UP = "task", "top_up"

_lock = threading.Lock()
_counts: dict[tuple[str, str], list[int]] = {}
_seconds: dict[tuple[str, str], float] = {}
_last: dict[str, str] = {}


def note(measure: str, label: str, *seconds: float) -> None:
    """Something took so long, or several things did."""
    key = (measure, label)
    with _lock:
        counts = _counts.setdefault(key, [0] * (len(BOUNDS_S) + 1))
        for one in seconds:
            counts[bisect_left(BOUNDS_S, one)] += 1
        _seconds[key] = _seconds.get(key, 0.0) + sum(seconds)
        if measure == TASK:
            _last[label] = instant_text(host_now())


def has_any() -> bool:
    """Was anything counted since it was written down last."""
    return bool(_counts)


def take() -> tuple[list[Durations], dict[str, str]]:
    """What was counted since the last call, and the instants at which tasks last ended, by task."""
    with _lock:
        found = [
            Durations(measure, label, tuple(counts), _seconds[measure, label])
            for (measure, label), counts in _counts.items()
        ]
        last = dict(_last)
        _counts.clear()
        _seconds.clear()
        _last.clear()
    return found, last


def put_back(durations: list[Durations], last: dict[str, str]) -> None:
    """What could not be written down is counted again, with what came meanwhile."""
    with _lock:
        for one in durations:
            key = (one.measure, one.label)
            counts = _counts.setdefault(key, [0] * (len(BOUNDS_S) + 1))
            _counts[key] = [sum(pair) for pair in zip(counts, one.counts, strict=True)]
            _seconds[key] = _seconds.get(key, 0.0) + one.seconds
        for task, instant in last.items():
            _last.setdefault(task, instant)


def _forget() -> None:
    """In a forked child: what the parent counted is the parent's, whoever held the lock."""
    global _lock  # noqa: PLW0603 - one per process is the point
    _lock = threading.Lock()
    for each in (_counts, _seconds, _last):
        each.clear()


os.register_at_fork(after_in_child=_forget)
