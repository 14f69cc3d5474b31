"""The part of Stripe's API that charging off-session needs, as its library expects it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.gatewaysim.calls import body_of, once, read
from sandbox.gatewaysim.responses import Made, SimResponse
from sandbox.gatewaysim.state import Saved, SimState
from sandbox.gatewaysim.stripe import refunds
from sandbox.gatewaysim.stripe.wire import WORDS, between, error, invalid, not_there, page, parameters

# The least that is charged of some currencies, and those of three decimals whose last has to be zero.
_MINIMUMS = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50}
_THREE_DECIMALS = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))


def routes(state: SimState) -> list[Route]:
    """Everything that Stripe's library calls here."""

    async def call(request: Request) -> Response:
        body = await body_of(request)
        if body is None:
            return error(413, "invalid_request_error", None, "too large").to_http()
        if not request.headers.get("authorization", "").strip().startswith("Bearer "):
            return error(401, "invalid_request_error", None, "You did not provide an API key.").to_http()
        path = request.url.path.removeprefix("/v1")
        text = body.decode() if request.method == "POST" else request.url.query
        given = parameters(text)
        if request.method != "POST":
            return await read(state, lambda: _handle(state, "GET", path, given), WORDS)
        key = request.headers.get("idempotency-key", "")
        what = f"{path}?{text}".encode()
        return await once(
            state, "stripe", key, what, lambda: Made(_handle(state, "POST", path, given)), _again, WORDS
        )

    return [Route("/v1/{path:path}", call, methods=["GET", "POST"])]


def _again(known: Saved) -> SimResponse:
    """The first response to a key, whatever it was."""
    first = known.made.response
    return SimResponse(first.status, first.body, {"idempotent-replayed": "true"})


def _handle(state: SimState, method: str, path: str, given: dict[str, Any]) -> SimResponse:
    """One call; `path` without `/v1`."""
    match (method, path.strip("/").split("/")):
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
        case ("GET", [("refunds" | "disputes") as kinds]):
            return refunds.listed(state, kinds.removesuffix("s"), given)
        case ("GET", [("refunds" | "disputes") as kinds, its_id]):
            return refunds.retrieve(state, kinds.removesuffix("s"), its_id, given)
        case ("GET", ["events"]):
            return refunds.events(state, given)
        case ("POST", ["customers"]):
            return SimResponse(200, {"id": state.new_id("cus"), "object": "customer"})
        case _:
            return error(
                404, "invalid_request_error", None, f"Unrecognized request URL ({method}: /v1{path})"
            )


def _create(state: SimState, given: dict[str, Any]) -> SimResponse:
    missing = [name for name in ("amount", "currency") if not given.get(name)]
    if missing:
        return invalid("parameter_missing", f"Missing required param: {missing[0]}.")
    if not (given["amount"].isdigit() and int(given["amount"]) > 0):
        text = f"Invalid positive integer: {given['amount']}"
        return invalid("parameter_invalid_integer", text, param="amount")
    if (wrong := _wrong_amount(int(given["amount"]), given["currency"].lower())) is not None:
        return wrong
    token = given.get("payment_method", "")
    behaviour = state.behaviour_of(token)
    if behaviour.kind == "unknown":
        return invalid("resource_missing", f"No such PaymentMethod: '{token}'", param="payment_method")
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
        text = f"Amount must be at least {_MINIMUMS[currency]} {currency}"
        return invalid("amount_too_small", text, param="amount")
    if currency in _THREE_DECIMALS and amount % 10:
        return invalid("invalid_charge_amount", f"Amounts of {currency} must end with a zero", param="amount")
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


def _with(state: SimState, intent_id: str, act: Callable[[dict[str, Any]], SimResponse]) -> SimResponse:
    intent = state.objects.get(intent_id)
    if intent is None or intent.get("object") != "payment_intent":
        return not_there("payment_intent", intent_id)
    return act(intent)


def _cancel(state: SimState, intent: dict[str, Any]) -> SimResponse:
    if intent["status"] == "succeeded":
        text = "You cannot cancel this PaymentIntent because it has a status of succeeded."
        return invalid("payment_intent_unexpected_state", text)
    intent["status"] = "canceled"
    intent["amount_capturable"] = 0
    state.happened("stripe", "payment_intent.canceled", intent)
    return SimResponse(200, intent)


def _list(state: SimState, given: dict[str, Any]) -> SimResponse:
    """Newest first, as Stripe lists."""
    found = [
        intent
        for intent in reversed(state.objects.values())
        if intent.get("object") == "payment_intent"
        and (not given.get("customer") or intent["customer"] == given["customer"])
        and between(datetime.fromtimestamp(intent["created"], UTC), given)
    ]
    return page("/v1/payment_intents", found, given)
