"""Stripe's refunds of payment intents, and its lists of money that went back."""

from __future__ import annotations

from typing import Any

from sandbox.gatewaysim.responses import SimResponse
from sandbox.gatewaysim.state import Back, SimState
from sandbox.gatewaysim.stripe.objects import charge, charge_id, dispute, refund
from sandbox.gatewaysim.stripe.wire import between, invalid, not_there, page

_RENDERED = {"refund": refund, "dispute": dispute}


def create(state: SimState, given: dict[str, Any]) -> SimResponse:
    """Gives back a part of an intent, or without an amount all that is left."""
    intent_id = str(given.get("payment_intent", ""))
    intent = state.objects.get(intent_id, {})
    if intent.get("object") != "payment_intent":
        return not_there("payment_intent", intent_id, param="payment_intent")
    if intent["status"] != "succeeded":
        return invalid(
            "", "This PaymentIntent does not have a successful charge to refund.", param="payment_intent"
        )
    left = state.left(intent_id)
    amount = str(given.get("amount", left))
    if any(
        back.kind == "dispute" and back.moves and back.status != "won" for back in state.back_of[intent_id]
    ):
        return invalid("charge_disputed", f"Charge {charge_id(intent_id)} has been charged back.")
    if left == 0:
        return invalid("charge_already_refunded", f"Charge {charge_id(intent_id)} has already been refunded.")
    if not (amount.isdigit() and int(amount) > 0):
        return invalid("parameter_invalid_integer", f"Invalid positive integer: {amount}", param="amount")
    if int(amount) > left:
        text = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        return invalid("", text, param="amount")
    pending = state.refund_behaviour_of(intent["payment_method"]).kind == "pending"
    made = state.gives_back(
        "refund", "re", intent_id, int(amount), "pending" if pending else "succeeded",
        reference=given.get("metadata", {}).get("settle_reference", ""), reason=given.get("reason", ""),
    )  # fmt: skip
    state.happened("stripe", "refund.created", refund(made))
    state.happened("stripe", "charge.refunded", charge(state, intent))
    return SimResponse(200, refund(made))


def ended(state: SimState, made: Back) -> dict[str, Any]:
    """A refund has turned out as made after all, or as failed: the money is back with the merchant."""
    state.happened("stripe", "refund.failed" if made.status == "failed" else "refund.updated", refund(made))
    return refund(made)


def retrieve(state: SimState, kind: str, its_id: str, given: dict[str, Any]) -> SimResponse:
    """One refund or dispute as it is now."""
    made = state.back.get(its_id)
    if made is None or made.kind != kind or made.charge.gateway != "stripe":
        return not_there(kind, its_id)
    return SimResponse(200, _expanded(state, _RENDERED[kind](made), given, ""))


def listed(state: SimState, kind: str, given: dict[str, Any]) -> SimResponse:
    """Newest first, of one intent or charge where that is requested."""
    wanted = given.get("payment_intent") or str(given.get("charge", "")).replace("ch_", "pi_", 1)
    found = state.back_of[wanted] if wanted else state.back.values()
    rendered = [
        _expanded(state, _RENDERED[kind](made), given, "data.")
        for made in reversed(found)
        if made.kind == kind and made.charge.gateway == "stripe" and between(made.at, given)
    ]
    return page(f"/v1/{kind}s", rendered, given)


def events(state: SimState, given: dict[str, Any]) -> SimResponse:
    """What was announced of refunds and disputes, newest first."""
    types = given.get("types", {}).values()
    found = [
        {
            "id": change.id, "object": "event", "type": change.type, "created": int(change.at.timestamp()),
            "data": {"object": _RENDERED[change.of.kind](change.of)},
        }
        for change in reversed(state.changes)
        if change.of.charge.gateway == "stripe" and change.type in types and between(change.at, given)
    ]  # fmt: skip
    return page("/v1/events", found, given)


def _expanded(
    state: SimState, rendered: dict[str, Any], given: dict[str, Any], prefix: str
) -> dict[str, Any]:
    if f"{prefix}payment_intent" in given.get("expand", {}).values():
        rendered["payment_intent"] = state.objects[rendered["payment_intent"]]
    return rendered
