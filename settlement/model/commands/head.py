"""What every accepted event carries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventHead:
    """What every event carries. `account` is the caller's own name for the account."""

    inbox_id: int
    account: str
    correlation_id: str

    @property
    def cause(self) -> str:
        """The name under which everything this event brings about is booked."""
        return f"event:{self.inbox_id}"
