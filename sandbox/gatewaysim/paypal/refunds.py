"""PayPal's refunds of captures, and its disputes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from sandbox.gatewaysim.paypal.objects import (
    dispute,
    is_too_fine,
    minor,
    not_found,
    refund,
    restate,
    unprocessable,
)
from sandbox.gatewaysim.responses import Made, SimResponse
from sandbox.gatewaysim.state import Back, SimState

_SUMMARY = (
    "dispute_id", "create_time", "update_time", "reason", "status", "dispute_state", "dispute_amount",
    "dispute_life_cycle_stage", "dispute_channel",
)  # fmt: skip
# How the token of a page begins; what follows is where the page does.
_BEGINNING = "page_sim"


def create(state: SimState, capture_id: str, given: dict[str, Any]) -> Made:
    """Gives back a part of a capture, or without an amount all that is left. Raises KeyError and such if malformed."""
    capture = state.objects.get(capture_id)
    if capture is None or capture.get("object") != "capture":
        return Made(not_found())
    whole, left = capture["amount"], state.left(capture_id)
    amount = given.get("amount") or whole
    behaviour = state.refund_behaviour_of(state.tokens[capture_id])
    disputed = any(
        back.kind == "dispute" and back.status in {"needs_response", "under_review"}
        for back in state.back_of[capture_id]
    )
    refused = (
        ("REFUND_NOT_ALLOWED", behaviour.kind == "refused"),
        ("REFUND_CURRENCY_MISMATCH", amount["currency_code"] != whole["currency_code"]),
        ("CAPTURE_FULLY_REFUNDED", left == 0),
        ("DECIMAL_PRECISION", is_too_fine(amount)),
        ("INVALID_PARAMETER_VALUE", Decimal(amount["value"]) <= 0),
        ("CAPTURE_DISPUTED_PARTIAL_REFUND_NOT_ALLOWED", disputed and minor(amount) < minor(whole)),
        ("REFUND_AMOUNT_EXCEEDED", minor(amount) > left),
    )
    for issue, applies in refused:
        if applies:
            return Made(unprocessable(issue))
    status = "pending" if behaviour.kind == "pending" else "succeeded"
    made = state.gives_back(
        "refund", "REFUND", capture_id, minor(amount), status, reference=given.get("custom_id") or ""
    )
    restate(state, capture_id)
    event = "PAYMENT.REFUND.PENDING" if status == "pending" else "PAYMENT.CAPTURE.REFUNDED"
    state.happened("paypal", event, refund(made))
    return Made(SimResponse(201, refund(made)), made.id)


def ended(state: SimState, made: Back) -> dict[str, Any]:
    """A refund has turned out as made after all, or as failed."""
    restate(state, made.charge.id)
    event = "PAYMENT.REFUND.FAILED" if made.status == "failed" else "PAYMENT.CAPTURE.REFUNDED"
    state.happened("paypal", event, refund(made))
    return refund(made)


def disputes(state: SimState, given: dict[str, str]) -> SimResponse:
    """A page of disputes, each in short: over one transaction, or those that changed within a time. The next page is
    had by the token in the link to it; a `page` is not known.
    """
    wanted = given.get("disputed_transaction_id")
    after, before = (
        datetime.fromisoformat(given[name]) if name in given else None
        for name in ("update_time_after", "update_time_before")
    )
    found = [
        made
        for made in reversed(state.back_of[wanted] if wanted else state.back.values())
        if made.kind == "dispute"
        and made.charge.gateway == "paypal"
        and (after is None or made.changed_at >= after)
        and (before is None or made.changed_at < before)
    ]
    size, token = int(given.get("page_size", 10)), given.get("next_page_token", "")
    first = int(token.removeprefix(_BEGINNING)) if token else 0
    listed = [dispute(made) for made in found[first : first + size]]
    links = []
    if first + size < len(found):
        wished = urlencode({**given, "next_page_token": f"{_BEGINNING}{first + size}"})
        href = f"https://api.paypal.com/v1/customer/disputes?{wished}"
        links.append({"href": href, "rel": "next", "method": "GET"})
    return SimResponse(
        200, {"items": [{name: each[name] for name in _SUMMARY} for each in listed], "links": links}
    )


def show_dispute(state: SimState, its_id: str) -> SimResponse:
    """One dispute in full."""
    made = state.back.get(its_id)
    if made is None or made.kind != "dispute" or made.charge.gateway != "paypal":
        return not_found()
    return SimResponse(200, dispute(made))
