"""Stripe's refunds: what the state of one means, and which refusals are for good. Rule: R7.3, R5.8b."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from settlement.errors import Misconfigured, Refused
from settlement.gateways.stripe.amounts import from_stripe
from settlement.gateways.stripe.errors import Refusal, attempted
from settlement.model.gateway.charges import Unknown
from settlement.model.gateway.refund_calls import (
    GivenBackAlready,
    Refunded,
    RefundFailed,
    RefundOutcome,
    RefundPending,
)

# Nothing of the charge can be given back that way, now or later.
_FOR_GOOD = frozenset(("charge_not_refundable", "amount_too_small"))
# Stripe gave it back by itself, or holds it for a dispute: whoever asks for no more than our books say is left of a
# charge is told so for no other reason. Rule: R5.9f.
_GONE = frozenset(("charge_already_refunded", "charge_disputed", "refund_disputed_payment"))
CHARGE_NOT_FOUND = "charge_not_found"


def refund_outcome(refund: Any) -> RefundOutcome:
    """What the state of a refund means for the money."""
    match refund.status:
        case "succeeded":
            return Refunded(refund.id, from_stripe(refund.amount, str(refund.currency).upper()))
        case "pending" | "requires_action":
            return RefundPending(refund.id)
        case "failed" | "canceled":
            return RefundFailed(refund.failure_reason or refund.status, "the money came back to us")
        case _:
            return Unknown(f"Stripe: the refund is {refund.status}")


def refunded(call: Callable[[], RefundOutcome]) -> RefundOutcome:
    """What a call that gives back brought. A failure is what Stripe refuses for good.

    Raises:
        Misconfigured: our set-up is refused, or our balance does not suffice; this call gave nothing back.
    """
    try:
        found = attempted(call)
    except Refused as refusal:
        return RefundFailed(refusal.code, refusal.message)
    if not isinstance(found, Refusal):
        return found
    if found.code == "resource_missing" and found.param in {"payment_intent", "charge", "id"}:
        return RefundFailed(CHARGE_NOT_FOUND, found.message)
    if found.code in _FOR_GOOD or found.param == "payment_intent":
        return RefundFailed(found.code or "refund_refused", found.message)
    too_much = found.param == "amount" and not found.code.startswith("parameter_")
    if found.code in _GONE or too_much:
        return GivenBackAlready(found.code or "refund_exceeds_charge", found.message)
    if found.status == 404:
        raise Misconfigured(f"Stripe: {found.message}")
    return Unknown(f"Stripe refuses the request: {found.code} {found.message}"[:300])
