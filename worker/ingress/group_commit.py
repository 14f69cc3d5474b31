"""Group commit: threads that bring a few items each share one transaction.

One thread at a time commits; whoever comes meanwhile joins the next group, which one of its members commits after the
transaction before it. Nobody returns before the commit that holds its items. A thread that comes after a quiet while
commits at once. Commits that would follow each other more closely than `interval_s` wait that long, and collect: under
load that turns hundreds of small transactions into tens, for a few milliseconds of latency.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from worker.ingress.rate import RateLimit

T = TypeVar("T")


class _Group(Generic[T]):
    def __init__(self) -> None:
        self.items: list[T] = []
        self.is_over = False
        self.error: BaseException | None = None


class GroupCommit(Generic[T]):
    """Collects items from threads and hands them to `commit`, one group at a time."""

    def __init__(self, commit: Callable[[Sequence[T]], object], *, interval_s: float = 0.0) -> None:
        self._commit = commit
        self._rate = RateLimit(interval_s)
        self._changed = threading.Condition()
        self._has_leader = False
        self._open: _Group[T] = _Group()

    def submit(self, items: Sequence[T]) -> None:
        """Returns when the items are committed, together with those of other threads, in the order of submission.

        Raises:
            Exception: whatever `commit` raised for the group; every member gets it.
        """
        with self._changed:
            group = self._open
            group.items.extend(items)
            while self._has_leader and not group.is_over:
                self._changed.wait()
            is_leader = not group.is_over
            if is_leader:
                self._has_leader = True
        if is_leader:
            self._lead(group)
        if group.error is not None:
            raise group.error

    def _lead(self, group: _Group[T]) -> None:
        self._rate.wait()
        with self._changed:
            # From here on whoever comes belongs to the next group.
            self._open = _Group()
        try:
            self._commit(group.items)
        except BaseException as error:  # noqa: BLE001 - kept for every member, this thread included
            group.error = error
        with self._changed:
            self._rate.ended()
            group.is_over = True
            self._has_leader = False
            self._changed.notify_all()
