"""How Stripe shows charges, refunds and disputes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.gatewaysim.state import Back, SimState

_STATUS = {"cancelled": "won"}
_INQUIRY = {
    "needs_response": "warning_needs_response", "under_review": "warning_under_review", "won": "warning_closed",
    "cancelled": "warning_closed",
}  # fmt: skip


def charge_id(intent_id: str) -> str:
    """The charge of an intent."""
    return intent_id.replace("pi_", "ch_", 1)


def charge(state: SimState, intent: Mapping[str, Any]) -> dict[str, Any]:
    """The charge of an intent, with what was refunded of it."""
    refunds = (back for back in state.back_of[intent["id"]] if back.kind == "refund")
    refunded = sum(back.gone_minor for back in refunds)
    return {
        "id": charge_id(intent["id"]), "object": "charge", "amount": intent["amount"], "amount_refunded": refunded,
        "currency": intent["currency"], "metadata": intent["metadata"], "payment_intent": intent["id"],
        "refunded": refunded == intent["amount_received"], "status": "succeeded",
    }  # fmt: skip


def refund(made: Back) -> dict[str, Any]:
    """A refund."""
    return _back(made, "refund") | {
        "failure_reason": "expired_or_canceled_card" if made.status == "failed" else None, "status": made.status,
        "metadata": {"settle_reference": made.reference} if made.reference else {},
    }  # fmt: skip


def dispute(made: Back) -> dict[str, Any]:
    """A dispute, with the balance transactions that took the money and gave it back."""
    moves = [
        {
            "id": f"txn_{made.id}_{number}", "object": "balance_transaction", "amount": -amount,
            "created": int(at.timestamp()), "currency": made.charge.currency.lower(), "type": "adjustment",
        }
        for number, (amount, at) in enumerate(made.moves)
    ]  # fmt: skip
    status = _STATUS.get(made.status, made.status)
    return _back(made, "dispute") | {
        "balance_transactions": moves, "is_charge_refundable": made.is_inquiry, "metadata": {},
        "reason": made.reason or "general", "status": _INQUIRY.get(status, status) if made.is_inquiry else status,
    }  # fmt: skip


def _back(made: Back, kind: str) -> dict[str, Any]:
    return {
        "id": made.id, "object": kind, "amount": made.amount_minor, "charge": charge_id(made.charge.id),
        "created": int(made.at.timestamp()), "currency": made.charge.currency.lower(), "livemode": False,
        "payment_intent": made.charge.id, "reason": made.reason or None,
    }  # fmt: skip
