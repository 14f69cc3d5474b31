"""What is known of manual payments besides the one in progress. Rule: R8.*."""

from __future__ import annotations

from settlement.model.snapshot import RepayingFacts


class WorkingPayments:
    """Names that are used, by account, and the channel that an account used last."""

    def __init__(self, facts: RepayingFacts) -> None:
        self.names = set(facts.payment_names)
        self.last_channels = dict(facts.last_channels)
