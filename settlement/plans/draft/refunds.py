"""The part of a working account that is about money on its way back to the methods that paid. Rule: R7.3."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from settlement.model.gateway.refunds import GatewayRefund, TakenCharge
from settlement.model.rows.refunds import NewGatewayRefund
from settlement.model.snapshot import Position

if TYPE_CHECKING:
    from settlement.plans.draft.draft import Draft, WorkingAccount


class WorkingTakenCharge:
    """A charge with what was given back of it at this point of the plan."""

    __slots__ = ("charge", "refunded_minor")

    def __init__(self, charge: TakenCharge) -> None:
        self.charge = charge
        self.refunded_minor = charge.refunded_minor

    @property
    def left_minor(self) -> int:
        """How much of it can still be given back."""
        return self.charge.charged_minor - self.refunded_minor


class WorkingRefund:
    """A refund as it stands at this point of the plan; `said` are the gateway's code and message."""

    __slots__ = (
        "asks", "finished_at", "gateway_ref", "is_touched", "next_at", "refund", "said", "sent_at", "state"
    )  # fmt: skip

    def __init__(self, refund: GatewayRefund) -> None:
        self.refund = refund
        self.state = refund.state
        self.asks = refund.asks
        self.sent_at = refund.sent_at
        self.gateway_ref = refund.gateway_ref
        self.finished_at = refund.finished_at
        self.next_at: datetime | None = None
        self.said: tuple[str | None, str | None] = (None, None)
        self.is_touched = False


class Refunding:
    """Charges that can be given back, and refunds, of one account."""

    __slots__ = ("charges", "last_no", "refunds")

    def __init__(self, position: Position) -> None:
        self.charges = [WorkingTakenCharge(charge) for charge in position.charges]
        self.refunds = [WorkingRefund(refund) for refund in position.gateway_refunds]
        self.last_no = position.last_refund_no

    def refund(self, refund_no: int) -> WorkingRefund | None:
        """A refund by its number, if it was loaded."""
        return next((found for found in self.refunds if found.refund.refund_no == refund_no), None)

    def charge_of(self, refund: GatewayRefund) -> WorkingTakenCharge:
        """The charge that a loaded refund is of; they are loaded together."""
        return next(found for found in self.charges if found.charge.attempt_no == refund.attempt_no)


def give_back(draft: Draft, account: WorkingAccount, amount_minor: int, *, inbox_id: int, cause: str) -> int:
    """Sends an amount back to the charges it may have come from, oldest first, each up to what is left of it.

    The refunds are rows that wait to be sent, never calls. Returns what no charge can take back, minor units. A method
    that was removed takes back what it paid; a gateway that this deployment no longer has does not. Rule: R7.3b.
    """
    refunding, left = account.refunding, amount_minor
    if refunding is None:
        return left
    for working in refunding.charges:
        charge = working.charge
        part = min(left, working.left_minor)
        if part <= 0 or charge.gateway not in draft.policy.collection.gateways:
            continue
        refunding.last_no += 1
        working.refunded_minor += part
        left -= part
        draft.changes.refunds.new.append(
            NewGatewayRefund(
                account.id, refunding.last_no, inbox_id, charge.attempt_no, charge.gateway, charge.gateway_ref, part,
                account.currency,
            )
        )  # fmt: skip
        draft.transfer(account, ("refund_grant", 0), ("refunding", refunding.last_no), part, cause)
    return left
