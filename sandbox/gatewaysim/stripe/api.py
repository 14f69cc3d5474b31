"""The part of Stripe's API that charging off-session needs: PaymentIntents and refunds, as its library expects them."""

from __future__ import annotations

from typing import Any

from sandbox.gatewaysim.responses import SimResponse
from sandbox.gatewaysim.state import SimState
from sandbox.gatewaysim.stripe import refunds
from sandbox.gatewaysim.stripe.wire import error, page

# The least that is charged of some currencies, and those of three decimals whose last has to be zero.
_MINIMUMS = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50}
_THREE_DECIMALS = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))


def handle(state: SimState, method: str, path: str, given: dict[str, Any]) -> SimResponse:
    """One call; `path` without `/v1`."""
    parts = path.strip("/").split("/")
    match (method, parts):
        case ("POST", ["payment_intents"]):
            return _create(state, given)
        case ("GET", ["payment_intents"]):
            return _list(state, given)
        case ("GET", ["payment_intents", intent_id]):
            return _with(state, intent_id, lambda intent: SimResponse(200, intent))
        case ("POST", ["payment_intents", intent_id, "cancel"]):
            return _with(state, intent_id, lambda intent: _cancel(state, intent))
        case ("POST", ["refunds"]):
            return refunds.create(state, given)
        case ("GET", ["refunds"]):
            return refunds.listed(state, given)
        case ("GET", ["refunds", refund_id]):
            return refunds.retrieve(state, refund_id)
        case ("POST", ["customers"]):
            return SimResponse(200, {"id": state.new_id("cus"), "object": "customer"})
        case _:
            return error(
                404, "invalid_request_error", None, f"Unrecognized request URL ({method}: /v1{path})"
            )


def _create(state: SimState, given: dict[str, Any]) -> SimResponse:
    missing = [name for name in ("amount", "currency") if not given.get(name)]
    if missing:
        return error(
            400, "invalid_request_error", "parameter_missing", f"Missing required param: {missing[0]}."
        )
    if not (given["amount"].isdigit() and int(given["amount"]) > 0):
        return error(
            400, "invalid_request_error", "parameter_invalid_integer", f"Invalid positive integer: {given['amount']}",
            param="amount",
        )  # fmt: skip
    if (wrong := _wrong_amount(int(given["amount"]), given["currency"].lower())) is not None:
        return wrong
    token = given.get("payment_method", "")
    behaviour = state.behaviour_of(token)
    if behaviour.kind == "unknown":
        return error(
            400, "invalid_request_error", "resource_missing", f"No such PaymentMethod: '{token}'",
            param="payment_method",
        )  # fmt: skip
    intent = _intent(state, given, token)
    if behaviour.kind == "declined":
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = _card_error("card_declined", behaviour.code)
        state.happened("stripe", "payment_intent.payment_failed", intent)
        return SimResponse(402, {"error": intent["last_payment_error"] | {"payment_intent": dict(intent)}})
    if behaviour.kind == "action":
        intent["status"] = "requires_action"
        intent["next_action"] = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": f"{state.base_url}/sim/confirm/{intent['id']}", "return_url": None},
        }
        state.happened("stripe", "payment_intent.requires_action", intent)
        if given.get("error_on_requires_action") == "true":
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = _card_error("authentication_required", "authentication_required")
            return SimResponse(
                402, {"error": intent["last_payment_error"] | {"payment_intent": dict(intent)}}
            )
        return SimResponse(200, intent)
    if given.get("capture_method") == "manual":
        intent["status"] = "requires_capture"
        intent["amount_capturable"] = intent["amount"]
        return SimResponse(200, intent)
    _take(state, intent)
    return SimResponse(200, intent)


def _wrong_amount(amount: int, currency: str) -> SimResponse | None:
    if amount < _MINIMUMS.get(currency, 1):
        return error(
            400, "invalid_request_error", "amount_too_small",
            f"Amount must be at least {_MINIMUMS[currency]} {currency}", param="amount",
        )  # fmt: skip
    if currency in _THREE_DECIMALS and amount % 10:
        return error(
            400, "invalid_request_error", "invalid_charge_amount",
            f"Amounts of {currency} must end with a zero", param="amount",
        )  # fmt: skip
    return None


def _take(state: SimState, intent: dict[str, Any]) -> None:
    intent["status"] = "succeeded"
    intent["amount_received"] = intent["amount"]
    intent["next_action"] = None
    reference = intent["metadata"].get("settle_reference", "")
    state.took(
        "stripe", intent["id"], reference, intent["amount"], intent["currency"], intent["payment_method"]
    )
    state.happened("stripe", "payment_intent.succeeded", intent)


def authenticate(state: SimState, intent_id: str) -> SimResponse:
    """The payer confirms on the bank's page: the charge goes through."""
    if not waits_for_payer(state, intent_id):
        return SimResponse(409, {"error": "nothing waits for its payer under this id"})
    intent = state.objects[intent_id]
    _take(state, intent)
    return SimResponse(200, intent)


def waits_for_payer(state: SimState, intent_id: str) -> bool:
    """Is there such an intent, and has its payer still to confirm it."""
    intent = state.objects.get(intent_id, {})
    failed = intent.get("last_payment_error") or {}
    respond = intent.get("status") == "requires_action" or failed.get("code") == "authentication_required"
    return (
        respond
        and intent.get("object") == "payment_intent"
        and intent["status"] not in {"succeeded", "canceled"}
    )


def _intent(state: SimState, given: dict[str, Any], token: str) -> dict[str, Any]:
    intent: dict[str, Any] = {
        "id": state.new_id("pi"),
        "object": "payment_intent",
        "amount": int(given["amount"]),
        "amount_received": 0,
        "amount_capturable": 0,
        "capture_method": given.get("capture_method", "automatic"),
        "created": int(state.now().timestamp()),
        "currency": given["currency"].lower(),
        "customer": given.get("customer") or None,
        "last_payment_error": None,
        "livemode": False,
        "metadata": given.get("metadata", {}),
        "next_action": None,
        "payment_method": token,
        "status": "requires_confirmation",
    }
    state.objects[intent["id"]] = intent
    return intent


def _card_error(code: str, decline_code: str) -> dict[str, Any]:
    return {
        "type": "card_error",
        "code": code,
        "decline_code": decline_code,
        "message": "Your card was declined." if code == "card_declined" else "The payer has to confirm this.",
    }


def _with(state: SimState, intent_id: str, act: Any) -> SimResponse:
    intent = state.objects.get(intent_id)
    if intent is None or intent.get("object") != "payment_intent":
        return error(
            404, "invalid_request_error", "resource_missing", f"No such payment_intent: '{intent_id}'"
        )
    response: SimResponse = act(intent)
    return response


def _cancel(state: SimState, intent: dict[str, Any]) -> SimResponse:
    if intent["status"] == "succeeded":
        return error(
            400, "invalid_request_error", "payment_intent_unexpected_state",
            "You cannot cancel this PaymentIntent because it has a status of succeeded.",
        )  # fmt: skip
    intent["status"] = "canceled"
    intent["amount_capturable"] = 0
    state.happened("stripe", "payment_intent.canceled", intent)
    return SimResponse(200, intent)


def _list(state: SimState, given: dict[str, Any]) -> SimResponse:
    """Newest first, as Stripe lists."""
    created = given.get("created", {})
    bounds = {name: int(value) for name, value in created.items()} if isinstance(created, dict) else {}
    found = [
        intent
        for intent in reversed(state.objects.values())
        if intent.get("object") == "payment_intent"
        and (not given.get("customer") or intent["customer"] == given["customer"])
        and bounds.get("gte", 0) <= intent["created"]
        and intent["created"] < bounds.get("lt", 2**62)
        and intent["created"] <= bounds.get("lte", 2**62)
    ]
    return page("/v1/payment_intents", found, given)
