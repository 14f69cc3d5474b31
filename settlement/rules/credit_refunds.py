"""Which bills a credit refund may pay, and which refund goes first. Rule: R7.1, R7.2."""

from __future__ import annotations

from datetime import datetime

from settlement.model.cycle import Cycle
from settlement.model.funds import CreditRefund


def refund_may_pay(refund_cycle: Cycle, bill_cycle: Cycle, *, past_bills: bool) -> bool:
    """Bills of the refund's own month and later; earlier ones only where `past_bills` holds (see below)."""
    return bill_cycle >= refund_cycle or past_bills


def pays_past_bills(*, credit_control: bool, write_off_past_bills: bool) -> bool:
    """The switch counts for credit-control accounts only."""
    return credit_control and write_off_past_bills


def refund_order(refund: CreditRefund) -> tuple[datetime, int]:
    """Sort key: oldest refund first."""
    return refund.granted_at, refund.id
