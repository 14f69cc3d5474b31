"""How long one message may keep a worker busy."""

from __future__ import annotations

import time

from config.limits import LimitSettings
from worker import shutdown


class Budget:
    """Time for one message: a third of what the broker waits before it hands the message out again.

    Long work asks it between two transactions, and leaves the rest to another message.
    """

    def __init__(self, limits: LimitSettings) -> None:
        self._until = time.monotonic() + limits.visibility_timeout_s / 3

    def may_continue(self) -> bool:
        """False when the time is used up or the worker was asked to stop."""
        return not shutdown.requested() and time.monotonic() < self._until
