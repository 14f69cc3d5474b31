"""Calls to a gateway side by side, each in a thread of its own: the time goes into waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


def call_each(items: Sequence[Asked], call: Callable[[Asked], Answered]) -> list[tuple[Asked, Answered]]:
    """Every item with its answer, in order. What `call` raises is raised here, after all calls have ended."""
    if not items:
        return []
    with ThreadPoolExecutor(max_workers=len(items), thread_name_prefix="gateway") as pool:
        return list(zip(items, pool.map(call, items), strict=True))
