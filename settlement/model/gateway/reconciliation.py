"""Charges as reconciliation sees them, and what it may find. Rule: R5.7."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from settlement.model.gateway.charges import AttemptState

DifferenceKind = Literal[
    "missing_there", "missing_here", "amount_differs", "charged_twice",
    "refund_missing_there", "refund_missing_here", "refund_differs",
    "reversal_missing_there", "reversal_missing_here",
]  # fmt: skip


class OurCharge(NamedTuple):
    """An attempt of ours as reconciliation sees it; `charged_minor` only where it succeeded."""

    account_id: int
    attempt_no: int
    reference: str
    state: AttemptState
    charged_minor: int | None
    currency: str
    sent_at: datetime | None


class Difference(NamedTuple):
    """One thing on which the books disagree. Minor units; None where one side has nothing."""

    kind: DifferenceKind
    reference: str
    gateway_ref: str
    account_id: int | None
    currency: str
    ours_minor: int | None
    theirs_minor: int | None
