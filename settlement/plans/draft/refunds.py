"""Money of an account on its way back to the methods that paid, at this point of a plan. Rule: R7.3."""

from __future__ import annotations

from datetime import datetime

from settlement.model.gateway.refunds import GatewayRefund, RefundableCharge
from settlement.model.snapshot import RefundPosition


class WorkingRefundableCharge:
    """A charge with what was given back of it at this point of the plan."""

    __slots__ = ("charge", "refunded_minor")

    def __init__(self, charge: RefundableCharge) -> None:
        self.charge = charge
        self.refunded_minor = charge.refunded_minor

    @property
    def left_minor(self) -> int:
        """How much of it can still be given back: not what its gateway took back by itself. Rule: R5.9g."""
        return max(0, self.charge.charged_minor - self.refunded_minor - self.charge.reversed_minor)


class WorkingRefund:
    """A refund as it stands at this point of the plan; `response` are the gateway's code and message."""

    __slots__ = (
        "asks", "finished_at", "gateway_ref", "is_touched", "next_at", "refund", "response", "sent_at", "state"
    )  # fmt: skip

    def __init__(self, refund: GatewayRefund) -> None:
        self.refund = refund
        self.state = refund.state
        self.asks = refund.asks
        self.sent_at = refund.sent_at
        self.gateway_ref = refund.gateway_ref
        self.finished_at = refund.finished_at
        self.next_at: datetime | None = None
        self.response: tuple[str | None, str | None] = (None, None)
        self.is_touched = False


class WorkingRefunds:
    """Charges that can be given back, and refunds, of one account."""

    __slots__ = ("charges", "gone_minor", "last_no", "refunds")

    def __init__(self, position: RefundPosition) -> None:
        self.charges = [WorkingRefundableCharge(charge) for charge in position.charges]
        self.refunds = [WorkingRefund(refund) for refund in position.refunds]
        self.last_no = position.last_no
        self.gone_minor = tuple(position.gone_minor)

    def refund(self, refund_no: int) -> WorkingRefund | None:
        """A refund by its number, if it was loaded."""
        return next((found for found in self.refunds if found.refund.refund_no == refund_no), None)

    def charge_of(self, refund: GatewayRefund) -> WorkingRefundableCharge:
        """The charge that a loaded refund is of; they are loaded together."""
        return next(found for found in self.charges if found.charge.attempt_no == refund.attempt_no)
