"""Money that a gateway took back without our request: refunds made there, and disputes. Rule: R5.6, R5.7."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from settlement.model.gateway.charges import TryLater, Unknown

ReversalKind = Literal["refund", "dispute"]
# Of a refund the first three, of a dispute the others. `closed`: it ended without a winner, as an inquiry does.
ReversalState = Literal[
    "pending", "succeeded", "failed",
    "needs_response", "under_review", "won", "lost", "closed",
]  # fmt: skip
# What became of our money: still with us, gone, or gone and back again.
Funds = Literal["untouched", "withdrawn", "returned"]
# While a dispute is in one of these states nobody knows how it ends.
DISPUTE_OPEN: frozenset[ReversalState] = frozenset(("needs_response", "under_review"))


class Reversal(NamedTuple):
    """A refund or a dispute as the gateway shows it now.

    `gateway_ref` is the gateway's own id of it, `charge_ref` that of the charge, as `Succeeded` brought it.
    `reference` is ours of a refund that we requested, or the charge's where a gateway's list shows what the charge
    carries; None of what somebody else made, and of disputes. `charge_reference` is our reference of the charge, None
    where the gateway does not show it here.
    `amount_minor` (ISO 4217 minor units) is what was withdrawn or returned; while the funds are untouched, what is
    asked back. `opened_at` is when it began, `moved_at` when the funds moved last (UTC; None where they did not, or the
    gateway does not say when).
    """

    kind: ReversalKind
    gateway: str
    gateway_ref: str
    charge_ref: str
    charge_reference: str | None
    reference: str | None
    amount_minor: int
    currency: str
    state: ReversalState
    funds: Funds
    opened_at: datetime
    moved_at: datetime | None
    reason: str

    @property
    def is_open(self) -> bool:
        """Is it a dispute that is not decided."""
        return self.state in DISPUTE_OPEN


# What a gateway says about one charge: all of its refunds and disputes, none where it has none; or that it cannot be
# asked now.
ReversalsOutcome = list[Reversal] | Unknown | TryLater
