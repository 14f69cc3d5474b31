"""Has this worker been asked to stop: one byte of memory shared with the pool processes that it forks.

Long tasks look at it between two transactions, so that a stop waits for one transaction and not for a month.
"""

from __future__ import annotations

import mmap
import time

_POLL_S = 0.1
_flag = mmap.mmap(-1, 1)


def request() -> None:
    """Asks this worker, its threads and its processes to stop soon. May be called in a signal handler."""
    _flag[0] = 1


def clear() -> None:
    """Takes the request back, for a worker that starts in a process where another one ran."""
    _flag[0] = 0


def requested() -> bool:
    """Should long work end at its next good place."""
    return _flag[0] == 1


def pause(seconds: float) -> None:
    """Sleeps, but not past a request to stop."""
    until = time.monotonic() + seconds
    while not requested() and (left := until - time.monotonic()) > 0:
        time.sleep(min(_POLL_S, left))
