"""PayPal's refunds of captures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.gatewaysim.paypal.objects import is_too_fine, minor, not_found, payment, unprocessable
from sandbox.gatewaysim.responses import Made, SimResponse
from sandbox.gatewaysim.state import SimState

_GIVEN_BACK = ("COMPLETED", "PENDING")


def create(state: SimState, capture_id: str, given: dict[str, Any]) -> Made:
    """Gives back a part of a capture, or without an amount all that is left. Raises KeyError and such if malformed."""
    taken = state.objects.get(capture_id)
    if taken is None or taken.get("object") != "capture":
        return Made(not_found())
    whole = taken["amount"]
    amount = given.get("amount") or whole
    left = minor(whole) - _given_back(state, capture_id)
    behaviour = state.refund_behaviour_of(state.tokens[capture_id])
    refused = (
        ("REFUND_NOT_ALLOWED", behaviour.kind == "refused"),
        ("REFUND_CURRENCY_MISMATCH", amount["currency_code"] != whole["currency_code"]),
        ("CAPTURE_FULLY_REFUNDED", left == 0),
        ("DECIMAL_PRECISION", is_too_fine(amount)),
        ("INVALID_PARAMETER_VALUE", Decimal(amount["value"]) <= 0),
        ("REFUND_AMOUNT_EXCEEDED", minor(amount) > left),
    )
    for issue, applies in refused:
        if applies:
            return Made(unprocessable(issue))
    status = "PENDING" if behaviour.kind == "pending" else "COMPLETED"
    unit = {"amount": amount, "custom_id": given.get("custom_id"), "invoice_id": given.get("invoice_id")}
    made = payment(state, "REFUND", unit, status, capture_id=capture_id)
    order = state.objects[taken["supplementary_data"]["related_ids"]["order_id"]]
    order["purchase_units"][0]["payments"].setdefault("refunds", []).append(made)
    state.gave_back(
        "paypal", made["id"], given.get("custom_id") or "", capture_id, minor(amount), amount["currency_code"]
    )
    _restate(state, taken)
    state.happened(
        "paypal", f"PAYMENT.{'REFUND.PENDING' if status == 'PENDING' else 'CAPTURE.REFUNDED'}", made
    )
    return Made(SimResponse(201, made), made["id"])


def end(state: SimState, made: dict[str, Any], *, succeeded: bool) -> None:
    """A refund turns out as made after all, or as failed."""
    made["status"] = "COMPLETED" if succeeded else "FAILED"
    _restate(state, state.objects[made["capture_id"]])
    state.happened("paypal", f"PAYMENT.{'CAPTURE.REFUNDED' if succeeded else 'REFUND.FAILED'}", made)


def _given_back(state: SimState, capture_id: str) -> int:
    return sum(
        minor(found["amount"])
        for found in state.objects.values()
        if found.get("object") == "refund"
        and found.get("capture_id") == capture_id
        and found["status"] in _GIVEN_BACK
    )


def _restate(state: SimState, taken: dict[str, Any]) -> None:
    given_back = _given_back(state, taken["id"])
    whole = minor(taken["amount"])
    partly = "PARTIALLY_REFUNDED" if given_back else "COMPLETED"
    taken["status"] = "REFUNDED" if given_back == whole else partly
