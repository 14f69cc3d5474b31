"""Who wakes the workers does so for everything that came, however often it is asked."""

from __future__ import annotations

import queue
from typing import Any

import pytest

from interfaces.http import server
from interfaces.http.server import Waker


def test_what_comes_during_a_pause_has_a_nudge_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    nudges: queue.Queue[str] = queue.Queue()

    def nudge(task: str, **_: Any) -> None:
        nudges.put(task)

    monkeypatch.setattr(server, "nudge", nudge)
    waker = Waker("tasks.events.drain", every_s=0.01, most_s=0.05)
    for _ in range(5):
        waker.wake()
        assert nudges.get(timeout=30) == "tasks.events.drain"
