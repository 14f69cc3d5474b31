"""A least interval between turns that repeat."""

from __future__ import annotations

import time


class RateLimit:
    """Keeps at least `interval_s` between the end of one turn and the start of the next."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._next_at = 0.0

    def wait(self) -> None:
        """Sleeps for what is left of the interval; after a quiet while not at all."""
        left_s = self._next_at - time.monotonic()
        if left_s > 0:
            time.sleep(left_s)

    def ended(self) -> None:
        """A turn has ended now."""
        self._next_at = time.monotonic() + self._interval_s
