"""Stripe's payment intents: what the state of one means, how ours are known, and how lists are requested."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from settlement.gateways.stripe.amounts import from_stripe
from settlement.gateways.stripe.decline_codes import is_final
from settlement.model.gateway.charges import (
    Authorized,
    ChargeOutcome,
    Declined,
    GatewayCharge,
    RequiresAction,
    Succeeded,
    Unknown,
    our_reference,
)
from settlement.model.gateway.unreadable import Unreadable

REFERENCE = "settle_reference"
PAGE = 100


def reference_of(thing: Any) -> str | None:
    """Our reference in an object's metadata; None where it has none."""
    metadata = getattr(thing, "metadata", None)
    found = metadata.to_dict().get(REFERENCE) if metadata else None
    return str(found) if found else None


def charge_of(charge_ref: str) -> dict[str, Any]:
    """How Stripe is told of which charge: by its intent, or where somebody gave that, by its charge."""
    return {"charge" if charge_ref.startswith(("ch_", "py_")) else "payment_intent": charge_ref}


def created(since: datetime, until: datetime) -> Any:
    """The filter of a list by when its objects were made, in [since, until) to the second."""
    return {"gte": int(since.timestamp()), "lt": int(until.timestamp()) + 1}


def charge_in(intent: Any) -> GatewayCharge:
    """An intent that took money as a line of Stripe's books.

    Raises:
        Refused: `unknown_currency`.
    """
    currency = str(intent.currency).upper()
    return GatewayCharge(
        intent.id, our_reference(reference_of(intent)), from_stripe(intent.amount_received, currency), currency,
        datetime.fromtimestamp(intent.created, UTC),
    )  # fmt: skip


def unreadable(kind: Literal["charge", "refund", "dispute"], thing: Any, why: str) -> Unreadable:
    """An intent, a refund or a dispute (with its intent in it) of which only this can be said, and why."""
    intent = thing if kind == "charge" else getattr(thing, "payment_intent", None)
    reference = our_reference(reference_of(intent)) if intent else None
    own = reference if kind == "charge" else our_reference(reference_of(thing)) if kind == "refund" else None
    charge_ref = intent.id if intent else str(getattr(thing, "charge", ""))
    currency = str(getattr(thing, "currency", "")).upper()
    return Unreadable(kind, "stripe", thing.id, own, charge_ref, reference, currency, why)


def charge_outcome(intent: Any) -> ChargeOutcome:
    """What the state of an intent means for the money."""
    currency = str(intent.currency).upper()
    match intent.status:
        case "succeeded":
            return Succeeded(intent.id, from_stripe(intent.amount_received, currency))
        case "requires_capture":
            return Authorized(intent.id)
        case "requires_action":
            url = getattr(getattr(intent.next_action, "redirect_to_url", None), "url", None)
            return RequiresAction(intent.id, url)
        case "canceled":
            return Declined(
                "canceled", "it was cancelled before anything was taken", final=False, gateway_ref=intent.id
            )
        case "requires_payment_method":
            failed = intent.last_payment_error
            code = getattr(failed, "decline_code", None) or getattr(failed, "code", None) or "card_declined"
            if code == "authentication_required":
                return RequiresAction(intent.id, None)
            final = is_final(code, advice=getattr(failed, "advice_code", None))
            return Declined(code, "the card was declined", final=final, gateway_ref=intent.id)
        case _:
            return Unknown(f"Stripe: the payment is {intent.status}")
