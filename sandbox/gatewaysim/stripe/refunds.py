"""Stripe's refunds of payment intents."""

from __future__ import annotations

from typing import Any

from sandbox.gatewaysim.responses import SimResponse
from sandbox.gatewaysim.state import SimState
from sandbox.gatewaysim.stripe.wire import error, page

_GIVEN_BACK = ("succeeded", "pending")


def create(state: SimState, given: dict[str, Any]) -> SimResponse:
    """Gives back a part of an intent, or without an amount all that is left."""
    intent = state.objects.get(str(given.get("payment_intent", "")))
    if intent is None or intent.get("object") != "payment_intent":
        return error(
            404, "invalid_request_error", "resource_missing",
            f"No such payment_intent: '{given.get('payment_intent')}'", param="payment_intent",
        )  # fmt: skip
    if intent["status"] != "succeeded":
        return error(
            400, "invalid_request_error", None, "This PaymentIntent does not have a successful charge to refund.",
            param="payment_intent",
        )  # fmt: skip
    left = intent["amount_received"] - _given_back(state, intent["id"])
    respond = str(given.get("amount", left))
    if left == 0:
        return error(
            400, "invalid_request_error", "charge_already_refunded",
            f"Charge {_charge_id(intent)} has already been refunded.",
        )  # fmt: skip
    if not (respond.isdigit() and int(respond) > 0):
        return error(
            400, "invalid_request_error", "parameter_invalid_integer", f"Invalid positive integer: {respond}",
            param="amount",
        )  # fmt: skip
    if int(respond) > left:
        return error(
            400, "invalid_request_error", None,
            f"Refund amount ({respond}) is greater than unrefunded amount on charge ({left})", param="amount",
        )  # fmt: skip
    pending = state.refund_behaviour_of(intent["payment_method"]).kind == "pending"
    made: dict[str, Any] = {
        "id": state.new_id("re"), "object": "refund", "amount": int(respond), "charge": _charge_id(intent),
        "created": int(state.now().timestamp()), "currency": intent["currency"], "failure_reason": None,
        "metadata": given.get("metadata", {}), "payment_intent": intent["id"], "reason": given.get("reason"),
        "status": "pending" if pending else "succeeded",
    }  # fmt: skip
    state.objects[made["id"]] = made
    state.gave_back(
        "stripe", made["id"], made["metadata"].get("settle_reference", ""), intent["id"], made["amount"],
        intent["currency"],
    )  # fmt: skip
    state.happened("stripe", "refund.created", made)
    state.happened("stripe", "charge.refunded", _charge(state, intent))
    return SimResponse(200, made)


def end(state: SimState, made: dict[str, Any], *, succeeded: bool) -> None:
    """A refund turns out as made after all, or as failed: the money is back with the merchant."""
    made["status"] = "succeeded" if succeeded else "failed"
    made["failure_reason"] = None if succeeded else "expired_or_canceled_card"
    state.happened("stripe", "refund.updated" if succeeded else "refund.failed", made)


def retrieve(state: SimState, refund_id: str) -> SimResponse:
    """One refund as it is now."""
    made = state.objects.get(refund_id)
    if made is None or made.get("object") != "refund":
        return error(404, "invalid_request_error", "resource_missing", f"No such refund: '{refund_id}'")
    return SimResponse(200, made)


def listed(state: SimState, given: dict[str, Any]) -> SimResponse:
    """Newest first, of one intent where that is asked for."""
    wanted = given.get("payment_intent")
    found = [
        made
        for made in reversed(state.objects.values())
        if made.get("object") == "refund"
        and made.get("payment_intent")
        and (not wanted or made["payment_intent"] == wanted)
    ]
    return page("/v1/refunds", found, given)


def _given_back(state: SimState, intent_id: str) -> int:
    return sum(
        made["amount"]
        for made in state.objects.values()
        if made.get("object") == "refund"
        and made.get("payment_intent") == intent_id
        and made["status"] in _GIVEN_BACK
    )


def _charge_id(intent: dict[str, Any]) -> str:
    return str(intent["id"]).replace("pi_", "ch_", 1)


def _charge(state: SimState, intent: dict[str, Any]) -> dict[str, Any]:
    given_back = _given_back(state, intent["id"])
    return {
        "id": _charge_id(intent), "object": "charge", "amount": intent["amount"], "amount_refunded": given_back,
        "currency": intent["currency"], "metadata": intent["metadata"], "payment_intent": intent["id"],
        "refunded": given_back == intent["amount_received"], "status": "succeeded",
    }  # fmt: skip
