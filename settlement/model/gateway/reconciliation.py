"""Charges as reconciliation sees them, and what it may find. Rule: R5.7."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from settlement.model.gateway.charges import AttemptState
from settlement.model.gateway.refunds import RefundState

DifferenceKind = Literal[
    "missing_there", "missing_here", "amount_differs", "charged_twice",
    "refund_missing_there", "refund_missing_here", "refund_differs",
    "reversal_missing_there", "reversal_missing_here",
]  # fmt: skip


# What is compared object by object, and not charge by charge.
OF_REVERSALS: tuple[DifferenceKind, ...] = (
    "refund_missing_there", "refund_missing_here", "refund_differs", "reversal_missing_there", "reversal_missing_here",
)  # fmt: skip


class OurCharge(NamedTuple):
    """An attempt of ours as reconciliation sees it; `charged_minor` only where it succeeded."""

    account_id: int
    attempt_no: int
    reference: str
    state: AttemptState
    charged_minor: int | None
    currency: str
    sent_at: datetime | None


class OurRefund(NamedTuple):
    """A refund of ours as reconciliation sees it."""

    account_id: int
    refund_no: int
    reference: str
    gateway_ref: str | None
    amount_minor: int
    currency: str
    state: RefundState


class OurReversal(NamedTuple):
    """A reversal on record as reconciliation sees it: of the charge `reference`, and how much is taken back of that."""

    account_id: int
    reference: str
    gateway_ref: str
    charge_ref: str
    amount_minor: int
    currency: str
    taken_minor: int


class Difference(NamedTuple):
    """One thing on which the books disagree. Minor units; None where one side has nothing. `reference` is our reference
    of the charge, or of the refund where it is about a refund of ours.
    """

    kind: DifferenceKind
    reference: str
    gateway_ref: str
    account_id: int | None
    currency: str
    ours_minor: int | None
    theirs_minor: int | None
