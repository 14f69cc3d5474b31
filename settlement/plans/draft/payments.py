"""What is known of manual payments besides the one in progress. Rule: R8.*."""

from __future__ import annotations

from settlement.model.snapshot import KnownPayments


class WorkingPayments:
    """Names that are used, by account, and the channel that an account used last."""

    def __init__(self, known: KnownPayments) -> None:
        self.names = set(known.names)
        self.last_channels = dict(known.last_channels)
