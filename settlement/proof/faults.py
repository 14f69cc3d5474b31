"""What does not add up, by account: the first thing found."""

from __future__ import annotations


class Faults:
    """Collects faults; of several about one account the first stays."""

    def __init__(self) -> None:
        self.reasons: dict[int, str] = {}

    def add(self, account_id: int, reason: str) -> None:
        """One more thing that does not add up."""
        self.reasons.setdefault(account_id, reason)
