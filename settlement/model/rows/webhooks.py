"""Deliveries of announcements to web addresses: what came of an attempt, and how an endpoint is."""

from __future__ import annotations

from typing import Literal, NamedTuple

# By hand; since the receiver has said that it is gone; since ten tries of a message, and all others, were in vain.
Pause = Literal["by_hand", "gone", "failing"]


class Attempt(NamedTuple):
    """One try to deliver an announcement. `tries`: how many there were with this one.

    `status` is that of the response, None where none came; `response` its beginning, or why there is none.
    `retry_after_s`: when the receiver wants the next one, where it says so.
    """

    endpoint_id: str
    account_id: int
    outbox_id: int
    tries: int
    status: int | None
    response: str
    retry_after_s: float | None = None

    @property
    def is_delivered(self) -> bool:
        """Has the receiver taken it."""
        return self.status is not None and 200 <= self.status < 300


class Health(NamedTuple):
    """How an endpoint is: failures in a row, whether it is paused, and for how long nothing is tried (seconds)."""

    fails: int = 0
    paused_because: Pause | None = None
    rest_s: float = 0.0
