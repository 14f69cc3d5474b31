"""How PayPal words errors, instants and amounts, and how it shows refunds and disputes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.gatewaysim.calls import Words
from sandbox.gatewaysim.responses import SimResponse
from sandbox.gatewaysim.state import Back, SimState

_NO_DECIMALS = frozenset(("JPY", "HUF", "TWD", "KRW", "VND", "CLP"))


def error(status: int, name: str, issue: str = "") -> SimResponse:
    """An error as PayPal words it."""
    details = [{"issue": issue, "description": issue}] if issue else []
    return SimResponse(
        status, {"name": name, "message": issue or name, "debug_id": "sim", "details": details}
    )


def unprocessable(issue: str) -> SimResponse:
    """A request that is well-formed and refused."""
    return error(422, "UNPROCESSABLE_ENTITY", issue)


def not_found() -> SimResponse:
    """Nobody knows what was named."""
    return error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")


def stamp(at: datetime) -> str:
    """An instant."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


WORDS = Words(
    limited=error(429, "RATE_LIMIT_REACHED"),
    failed=error(500, "INTERNAL_SERVER_ERROR"),
    in_progress=error(409, "RESOURCE_CONFLICT", "PREVIOUS_REQUEST_IN_PROGRESS"),
    reused=unprocessable("PAYPAL_REQUEST_ID_REUSED"),
    keeps_errors=False,
)


def minor(amount: Mapping[str, str]) -> int:
    """An amount in the smallest unit that PayPal knows of its currency."""
    places = 0 if amount["currency_code"] in _NO_DECIMALS else 2
    return int(Decimal(amount["value"]).scaleb(places))


def money(amount_minor: int, currency: str) -> dict[str, str]:
    """An amount of the smallest unit, as PayPal writes it."""
    places = 0 if currency in _NO_DECIMALS else 2
    return {"currency_code": currency, "value": f"{Decimal(amount_minor).scaleb(-places):f}"}


def is_too_fine(amount: Mapping[str, str]) -> bool:
    """Has it more decimals than PayPal takes."""
    places = 0 if amount["currency_code"] in _NO_DECIMALS else 2
    return Decimal(amount["value"]).scaleb(places) % 1 != 0


def payment(
    state: SimState, prefix: str, unit: Mapping[str, Any], status: str, **more: Any
) -> dict[str, Any]:
    """A capture or an authorization, remembered."""
    made = {
        "id": state.new_id(prefix), "object": prefix.lower(), "status": status, "amount": unit["amount"],
        "custom_id": unit.get("custom_id"), "invoice_id": unit.get("invoice_id"),
        "create_time": stamp(state.now()), "update_time": stamp(state.now()), **more,
    }  # fmt: skip
    state.objects[made["id"]] = made
    return made


def rendered(state: SimState, its_id: str) -> dict[str, Any] | None:
    """An order, a capture, an authorization or a refund as it is now; None where nobody knows it."""
    if (back := state.back.get(its_id)) is not None:
        return None if back.kind == "dispute" else refund(back)
    found = state.objects.get(its_id)
    if found is None or found["object"] != "order":
        return found
    unit = found["purchase_units"][0]
    payments = unit.get("payments", {})
    captures = payments.get("captures", ())
    given = [
        refund(back)
        for capture in captures
        for back in state.back_of[capture["id"]]
        if back.kind != "dispute"
    ]
    with_refunds = payments | {"refunds": given} if given else payments
    return found | {"purchase_units": [unit | {"payments": with_refunds} if payments else unit]}


def restate(state: SimState, capture_id: str) -> None:
    """What a capture says of itself after something went back of it."""
    left, whole = state.left(capture_id), state.charges[capture_id].amount_minor
    state.objects[capture_id]["status"] = (
        "COMPLETED" if left == whole else "PARTIALLY_REFUNDED" if left else "REFUNDED"
    )
    state.objects[capture_id]["update_time"] = stamp(state.now())


_REFUND_STATUS = {"succeeded": "COMPLETED", "pending": "PENDING", "failed": "FAILED"}
_DISPUTE_STATE = {"needs_response": "REQUIRED_ACTION", "under_review": "UNDER_PAYPAL_REVIEW"}
_OUTCOME = {
    "won": "RESOLVED_SELLER_FAVOUR",
    "cancelled": "CANCELED_BY_BUYER",
    "lost": "RESOLVED_BUYER_FAVOUR",
}


def refund(made: Back) -> dict[str, Any]:
    """A refund, or a reversal, which looks like one."""
    return {
        "id": made.id, "object": "refund", "status": _REFUND_STATUS[made.status],
        "amount": money(made.amount_minor, made.charge.currency), "custom_id": made.reference or None,
        "invoice_id": made.reference or None, "create_time": stamp(made.at), "update_time": stamp(made.changed_at),
        "links": [{"rel": "up", "href": f"https://api.paypal.com/v2/payments/captures/{made.charge.id}"}],
    }  # fmt: skip


def dispute(made: Back) -> dict[str, Any]:
    """A dispute in full."""
    amount = money(made.amount_minor, made.charge.currency)
    outcome = _OUTCOME.get(made.status)
    moves = [
        {
            "party": "SELLER", "type": "DEBIT" if moved > 0 else "CREDIT", "reason": "DISPUTE_SETTLEMENT",
            "amount": money(abs(moved), made.charge.currency), "initiated_time": stamp(at),
        }
        for moved, at in made.moves
    ]  # fmt: skip
    return {
        "id": made.id, "object": "dispute", "dispute_id": made.id, "create_time": stamp(made.at),
        "update_time": stamp(made.changed_at), "reason": made.reason or "UNAUTHORISED", "dispute_amount": amount,
        "status": "RESOLVED" if outcome else "UNDER_REVIEW", "dispute_channel": "INTERNAL",
        "dispute_state": "RESOLVED" if outcome else _DISPUTE_STATE[made.status],
        "dispute_life_cycle_stage": "INQUIRY" if made.is_inquiry else "CHARGEBACK",
        "disputed_transactions": [
            {
                "seller_transaction_id": made.charge.id, "custom": made.charge.reference,
                "invoice_number": made.charge.reference, "gross_amount": amount,
            }
        ],
        **({"dispute_outcome": {"outcome_code": outcome}} if outcome else {}),
        **({"fund_movements": moves} if moves else {}),
    }  # fmt: skip
