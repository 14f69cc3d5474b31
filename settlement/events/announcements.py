"""The announcements this system makes: the published contract, version 1. One shape per topic. Rule: R11.1.

They are delivered at least once and in the order of the outbox; a consumer tells repeats by the entry's `id`.
Amounts are decimal strings in the currency's major unit.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

DecimalText = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?$")]
CycleText = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}$")]


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BillFacts(_Payload):
    """A bill as it stood right after what is announced: payable = paid + outstanding."""

    account: str
    cycle: CycleText
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    state: Literal["unsettled", "settled"]
    payable: DecimalText
    paid: DecimalText
    outstanding: DecimalText


class ParkedFacts(_Payload):
    """An account that was set aside because its figures do not add up."""

    account: str
    reason: str


class ReleasedFacts(_Payload):
    """An account that takes part again, with when and why it had been parked."""

    account: str
    parked_at: str
    reason: str


class AuditFacts(_Payload):
    """What the audit of a local day found that does not add up: how often in all, and by check."""

    day: str
    violations: int
    checks: dict[str, int]


class ChargeFacts(_Payload):
    """A charge of a payment method. `charge` is its reference, which the gateway knows too.

    `url` is where the payer confirms, where the gateway gave one; `gateway_ref` the gateway's own id, by which the
    payer can confirm it elsewhere; `next_try_at` when a declined one is tried again.
    """

    account: str
    charge: str
    reason: Literal["threshold", "sweep", "issuance", "retry", "manual"]
    gateway: str
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    amount: DecimalText
    code: str | None
    message: str | None
    url: str | None
    gateway_ref: str | None
    next_try_at: str | None


class RefundFacts(_Payload):
    """Money on its way back to a payment method. `refund` and `charge` are our references, which the gateway knows too.

    `code` and `message` say why it became cash, or what is in doubt.
    """

    account: str
    refund: str
    charge: str
    gateway: str
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    amount: DecimalText
    code: str | None
    message: str | None


class DueFacts(_Payload):
    """What an account that pays by bank transfer owes after its bill was issued."""

    account: str
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    amount: DecimalText


class DunningFacts(_Payload):
    """A step after a declined charge, for one group of products: at which instant, and when what it warns of comes."""

    account: str
    product_group: str
    at: str
    takes_effect_at: str
    declining_since: str


class ResumedFacts(_Payload):
    """Everything is paid: whatever was suspended may run again."""

    account: str
    declining_since: str


class MethodFacts(_Payload):
    """Whether a payment method stood its check."""

    account: str
    method: str
    code: str | None
    message: str | None


class ActivationFacts(_Payload):
    """The answer to a product's activation."""

    account: str
    product: str
    accepted: bool
    reason: str | None


class DifferenceFacts(_Payload):
    """Something on which a gateway's books and ours disagree. `account` is null where nobody knows."""

    gateway: str
    kind: Literal["missing_there", "missing_here", "amount_differs", "charged_twice"]
    charge: str
    gateway_ref: str
    account: str | None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    ours: DecimalText | None
    theirs: DecimalText | None


class BillDueFacts(_Payload):
    """A bill that is due, or overdue. `days` since its due date; below zero before it."""

    account: str
    cycle: CycleText
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    outstanding: DecimalText
    due_on: str
    days: int


class AccountFacts(_Payload):
    """An account to which something happened that its topic says."""

    account: str


SignedText = Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d+)?$")]


class LowCreditFacts(_Payload):
    """Available credit below its line, with its three terms; `said` counts the announcements of this time."""

    account: str
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    line: DecimalText
    available_credit: SignedText
    cash: DecimalText
    credit_limit: DecimalText
    frozen: DecimalText
    said: int


class CardExpiredFacts(_Payload):
    """A stored value card whose validity has ended, and what was left on it."""

    account: str
    card: str
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    amount: DecimalText
    valid_until: str


class CouponExpiredFacts(_Payload):
    """A coupon whose validity has ended, and what was left of it."""

    account: str
    coupon: str
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    amount: DecimalText
    valid_until: str


class RelationshipFacts(_Payload):
    """A main account and its member."""

    account: str
    member: str


class PaymentFacts(_Payload):
    """A manual payment of a bill: `amount` in all, `from_balance` of it from the account, the rest by `channel`."""

    account: str
    payment: str
    cycle: CycleText
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    amount: DecimalText
    from_balance: DecimalText
    channel: str
    reason: str | None


class UnifiedFacts(_Payload):
    """A unified settlement: its bills, how many of them are settled, what it has paid, what its main account lacks."""

    account: str
    settlement: str
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    bills: int
    settled: int
    paid: DecimalText
    missing: DecimalText


Facts = (
    BillFacts | ParkedFacts | ReleasedFacts | ChargeFacts | DueFacts | DunningFacts | ResumedFacts | MethodFacts
    | ActivationFacts | DifferenceFacts | BillDueFacts | AccountFacts | LowCreditFacts | CardExpiredFacts
    | CouponExpiredFacts | RelationshipFacts | AuditFacts | PaymentFacts | UnifiedFacts | RefundFacts
)  # fmt: skip
TOPICS: dict[str, type[Facts]] = {
    "bill.issued": BillFacts,
    "bill.paid_in_part": BillFacts,
    "bill.settled": BillFacts,
    "account.parked": ParkedFacts,
    "account.released": ReleasedFacts,
    "audit.violations": AuditFacts,
    "charge.succeeded": ChargeFacts,
    "charge.declined": ChargeFacts,
    "charge.requires_action": ChargeFacts,
    "charge.unknown": ChargeFacts,
    "refund.succeeded": RefundFacts,
    "refund.failed_to_cash": RefundFacts,
    "refund.unknown": RefundFacts,
    "collection.due": DueFacts,
    "account.suspension_reminder": DunningFacts,
    "account.suspended": DunningFacts,
    "account.release_reminder": DunningFacts,
    "account.releasable": DunningFacts,
    "account.resumed": ResumedFacts,
    "payment_method.verified": MethodFacts,
    "payment_method.unverified": MethodFacts,
    "product.activation": ActivationFacts,
    "reconciliation.difference": DifferenceFacts,
    "bill.due_reminder": BillDueFacts,
    "bill.overdue": BillDueFacts,
    "bill.overdue_reminder": BillDueFacts,
    "account.overdue_ended": AccountFacts,
    "account.low_credit": LowCreditFacts,
    "card.expired": CardExpiredFacts,
    "coupon.expired": CouponExpiredFacts,
    "relationship.requested": RelationshipFacts,
    "relationship.valid": RelationshipFacts,
    "relationship.ended": RelationshipFacts,
    "payment.started": PaymentFacts,
    "payment.completed": PaymentFacts,
    "payment.failed": PaymentFacts,
    "payment.cancelled": PaymentFacts,
    "payment.expired": PaymentFacts,
    "unified_settlement.created": UnifiedFacts,
    "unified_settlement.waiting": UnifiedFacts,
    "unified_settlement.completed": UnifiedFacts,
    "unified_settlement.closed": UnifiedFacts,
}


def read_announcement(topic: str, payload: str) -> Facts:
    """An announcement from its topic and JSON text, for consumers written in Python.

    Raises:
        KeyError: the topic is not one of `TOPICS`.
        pydantic.ValidationError: the payload has another shape.
    """
    return TOPICS[topic].model_validate_json(payload)
