"""A set that fails as a whole is tried in halves, down to the one at fault: it keeps no other from its turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from settlement.errors import Busy, TooLong, Unavailable

T = TypeVar("T")

# How long a set waits for the lock of an account, how long where all others wait behind it or it was locked before, and
# how long each further part of a set does that met a lock: there may be many.
PATIENCE_MS = 5000
SHORT_PATIENCE_MS = 250
BRIEF_MS = 20


def is_locked(error: Exception) -> bool:
    """Was it only that somebody else has a lock? Nobody is at fault then, and later it will do."""
    return isinstance(error, Busy) and not isinstance(error, TooLong)


def halved(
    items: Sequence[T], act: Callable[[Sequence[T]], None], at_fault: Callable[[T, Exception], None]
) -> None:
    """Does `act` for all items at once; where it fails, for each half of them, in order.

    An item that fails alone is handed to `at_fault` with its error. One bad item of a thousand costs twenty tries.

    Raises:
        Unavailable: what meets everybody, that PostgreSQL cannot be reached; the rest was not tried.
    """
    if not items:
        return
    try:
        act(items)
    except Exception as error:  # whatever it is, it must not stop the others
        if isinstance(error, Unavailable) and not isinstance(error, Busy):
            raise
        if len(items) == 1:
            at_fault(items[0], error)
            return
        middle = len(items) // 2
        for half in (items[:middle], items[middle:]):
            halved(half, act, at_fault)
