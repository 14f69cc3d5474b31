"""PayPal's orders over a vaulted account, what they capture or hold, and the payer's approval."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.gatewaysim.paypal.objects import (
    error,
    is_too_fine,
    minor,
    not_found,
    payment,
    rendered,
    stamp,
    unprocessable,
)
from sandbox.gatewaysim.responses import Made, SimResponse
from sandbox.gatewaysim.state import SimState


def create(state: SimState, given: dict[str, Any]) -> Made:
    """An order, paid at once unless its token says otherwise. Raises LookupError and such for a malformed one."""
    unit = given["purchase_units"][0]
    token = given["payment_source"]["paypal"]["vault_id"]
    if given["intent"] not in {"CAPTURE", "AUTHORIZE"} or Decimal(unit["amount"]["value"]) <= 0:
        return Made(error(400, "INVALID_REQUEST", "INVALID_PARAMETER_VALUE"))
    behaviour = state.behaviour_of(token)
    if behaviour.kind == "unknown":
        return Made(error(404, "RESOURCE_NOT_FOUND", "TOKEN_NOT_FOUND"))
    if is_too_fine(unit["amount"]):
        return Made(unprocessable("DECIMAL_PRECISION"))
    if behaviour.kind == "declined":
        return Made(unprocessable(behaviour.code or "INSTRUMENT_DECLINED"))
    if unit.get("invoice_id") in state.invoices:
        return Made(unprocessable("DUPLICATE_INVOICE_ID"))
    order: dict[str, Any] = {
        "id": state.new_id("ORDER"), "object": "order", "intent": given["intent"], "status": "COMPLETED",
        "purchase_units": [dict(unit)], "create_time": stamp(state.now()), "links": [],
    }  # fmt: skip
    state.objects[order["id"]] = order
    state.tokens[order["id"]] = token
    if behaviour.kind == "action":
        order["status"] = "PAYER_ACTION_REQUIRED"
        order["links"] = [{"rel": "payer-action", "href": f"{state.base_url}/sim/approve/{order['id']}"}]
    else:
        _complete(state, order)
    return Made(SimResponse(201, order), order["id"])


def _complete(state: SimState, order: dict[str, Any]) -> None:
    """Holds or captures what the order is for."""
    unit, token = order["purchase_units"][0], state.tokens[order["id"]]
    order["status"] = "COMPLETED"
    state.invoices.add(unit.get("invoice_id", ""))
    related = {"related_ids": {"order_id": order["id"]}}
    if order["intent"] == "AUTHORIZE":
        authorization = payment(state, "AUTH", unit, "CREATED", supplementary_data=related)
        unit["payments"] = {"authorizations": [authorization]}
        return
    captured = payment(state, "CAPTURE", unit, "COMPLETED", supplementary_data=related)
    unit["payments"] = {"captures": [captured]}
    amount = unit["amount"]
    state.tokens[captured["id"]] = token
    state.took(
        "paypal", captured["id"], unit.get("custom_id", ""), minor(amount), amount["currency_code"], token
    )
    state.happened("paypal", "PAYMENT.CAPTURE.COMPLETED", captured)


def waits_for_payer(state: SimState, order_id: str) -> bool:
    """Is there such an order, and has its payer still to approve it."""
    return state.objects.get(order_id, {}).get("status") == "PAYER_ACTION_REQUIRED"


def approve(state: SimState, order_id: str) -> SimResponse:
    """The payer approves the order on PayPal's page; it is not captured by that."""
    if not waits_for_payer(state, order_id):
        return SimResponse(409, {"error": "nothing waits for its payer under this id"})
    order = state.objects[order_id]
    order["status"], order["links"] = "APPROVED", []
    state.happened("paypal", "CHECKOUT.ORDER.APPROVED", order)
    return SimResponse(200, order)


def capture(state: SimState, order_id: str) -> Made:
    """Captures an order that its payer has approved."""
    order = state.objects.get(order_id)
    if order is None or order.get("object") != "order":
        return Made(not_found())
    if order["status"] == "COMPLETED":
        return Made(unprocessable("ORDER_ALREADY_CAPTURED"))
    if order["status"] != "APPROVED":
        return Made(unprocessable("ORDER_NOT_APPROVED"))
    _complete(state, order)
    return Made(SimResponse(201, order), order_id)


def forget(state: SimState) -> SimResponse:
    """Keeps no order any longer, but what they captured and held."""
    gone = [its_id for its_id, known in state.objects.items() if known.get("object") == "order"]
    for its_id in gone:
        del state.objects[its_id]
    return SimResponse(200, {"forgotten": len(gone)})


def found(state: SimState, its_id: str) -> SimResponse:
    """An order, a capture, an authorization or a refund as it is now."""
    known = rendered(state, its_id)
    return SimResponse(200, known) if known else not_found()


def void(state: SimState, its_id: str) -> SimResponse:
    """Lets go of an authorization."""
    authorization = state.objects.get(its_id)
    if authorization is None:
        return not_found()
    if authorization["status"] == "VOIDED":
        return unprocessable("PREVIOUSLY_VOIDED")
    authorization["status"] = "VOIDED"
    return SimResponse(204, None)
