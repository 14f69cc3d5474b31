"""Refunds and disputes of our charges as they are on record here, and what is newly known of one. Rule: R5.9."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from settlement.model.accounts import AccountId
from settlement.model.gateway.reversals import DISPUTE_OPEN, Funds, Reversal, ReversalKind, ReversalState

# In these states it may still change, so the gateway is asked for it again day by day.
NOT_FINAL: frozenset[ReversalState] = DISPUTE_OPEN | {"pending"}


@dataclass(frozen=True, slots=True)
class BookedReversal:
    """One reversal of the charge `attempt_no`. Its key is (account, reversal_no); amounts in minor units.

    `taken_minor` is what is taken back of the payment because of it, `owed_minor` the part of that which nothing
    covered, and which the account owes. `steps` counts the times that money moved for it. `read_at`: when the gateway
    was asked for what is on record; what was read earlier changes nothing.
    """

    account_id: AccountId
    reversal_no: int
    gateway: str
    gateway_ref: str
    kind: ReversalKind
    attempt_no: int
    amount_minor: int
    state: ReversalState
    funds: Funds
    reason: str
    opened_at: datetime
    moved_at: datetime | None
    read_at: datetime
    closed_at: datetime | None
    taken_minor: int
    owed_minor: int
    steps: int

    @property
    def is_open(self) -> bool:
        """Is it a dispute that is not decided."""
        return self.state in DISPUTE_OPEN


class ReversibleCharge(NamedTuple):
    """A charge that succeeded, with what gateways have taken back of it by themselves. Minor units."""

    account_id: AccountId
    attempt_no: int
    charged_minor: int
    reversed_minor: int


class ReversalResponse(NamedTuple):
    """What a gateway shows of one reversal, named by its charge; requested at `read_at` (UTC)."""

    account_id: int
    attempt_no: int
    reversal: Reversal
    read_at: datetime
