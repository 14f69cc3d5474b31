"""Threads share transactions, and none returns before its own is committed."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from worker.ingress.group_commit import GroupCommit

WAIT_S = 30


def test_items_that_come_during_a_commit_share_the_next_one() -> None:
    groups: list[list[int]] = []
    first_runs, first_may_end = threading.Event(), threading.Event()

    def commit(items: Sequence[int]) -> None:
        if not groups:
            first_runs.set()
            assert first_may_end.wait(WAIT_S)
        groups.append(list(items))

    group = GroupCommit(commit)
    with ThreadPoolExecutor(10) as threads:
        first = threads.submit(group.submit, [0])
        assert first_runs.wait(WAIT_S)
        others = [threads.submit(group.submit, [number]) for number in range(1, 10)]
        while len(group._open.items) < 9:
            time.sleep(0.001)
        assert not any(other.done() for other in (first, *others))
        first_may_end.set()
        for other in (first, *others):
            other.result(WAIT_S)

    assert groups[0] == [0]
    assert sorted(groups[1]) == list(range(1, 10))
    assert len(groups) == 2


@pytest.mark.parametrize("interval_s", [0.0, 0.001])
def test_under_load_everything_is_committed_once_and_before_its_thread_goes_on(interval_s: float) -> None:
    committed: list[int] = []
    running = threading.Lock()
    groups = 0

    def commit(items: Sequence[int]) -> None:
        nonlocal groups
        assert running.acquire(blocking=False), "two commits at once"
        committed.extend(items)
        groups += 1
        running.release()

    group = GroupCommit(commit, interval_s=interval_s)

    def bring(thread: int) -> None:
        for number in range(100):
            item = thread * 100 + number
            group.submit([item])
            assert item in committed[-2000:] or item in committed

    with ThreadPoolExecutor(16) as threads:
        for done in [threads.submit(bring, thread) for thread in range(16)]:
            done.result(WAIT_S)

    assert sorted(committed) == list(range(1600))
    assert groups <= 1600


def test_a_failure_reaches_every_member_of_its_group_and_nobody_else() -> None:
    runs, may_end = threading.Event(), threading.Event()

    def commit(items: Sequence[str]) -> None:
        if "slow" in items:
            runs.set()
            assert may_end.wait(WAIT_S)
        if "bad" in items:
            raise ValueError("the group failed")

    group = GroupCommit(commit)
    with ThreadPoolExecutor(4) as threads:
        slow = threads.submit(group.submit, ["slow"])
        assert runs.wait(WAIT_S)
        bad, beside = threads.submit(group.submit, ["bad"]), threads.submit(group.submit, ["beside"])
        while len(group._open.items) < 2:
            time.sleep(0.001)
        may_end.set()
        slow.result(WAIT_S)
        for member in (bad, beside):
            with pytest.raises(ValueError, match="the group failed"):
                member.result(WAIT_S)
    group.submit(["afterwards"])
