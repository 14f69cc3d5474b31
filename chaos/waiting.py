"""Waiting for what other processes bring about."""

from __future__ import annotations

import time
from collections.abc import Callable


def comes_true(condition: Callable[[], bool], *, within_s: float, every_s: float = 0.05) -> bool:
    """Whether the condition held within so many seconds; it is tried at least once, and again every `every_s`."""
    until = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(every_s)
    return True


def wait_for(
    condition: Callable[[], bool], otherwise: str, *, within_s: float, every_s: float = 0.05
) -> None:
    """Returns once the condition holds.

    Raises:
        RuntimeError: it did not within so many seconds; `otherwise` says what that means.
    """
    if not comes_true(condition, within_s=within_s, every_s=every_s):
        raise RuntimeError(otherwise)
