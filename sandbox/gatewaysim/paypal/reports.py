"""PayPal's transaction search: what was captured, held and given back, once its lag is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.gatewaysim.paypal.objects import error, refund
from sandbox.gatewaysim.responses import SimResponse
from sandbox.gatewaysim.state import SimState

_CODES = {"capture": "T0006", "auth": "T1300", "refund": "T1107", "reversal": "T1106"}
_STATUS = {"COMPLETED": "S", "PARTIALLY_REFUNDED": "S", "REFUNDED": "V", "CREATED": "P", "PENDING": "P"}


def transactions(state: SimState, given: dict[str, str]) -> SimResponse:
    """A page of the transactions of at most 31 days."""
    start, end = (datetime.fromisoformat(given[name]) for name in ("start_date", "end_date"))
    if end - start > timedelta(days=31):
        return error(400, "INVALID_REQUEST", "DATE_RANGE_TOO_LARGE")
    visible = state.now() - state.search_lag
    payments = [
        _transaction(thing, thing["object"])
        for thing in state.objects.values()
        if thing.get("object") in _CODES
    ]
    went_back = [
        _transaction(refund(made), made.kind, made.charge.id)
        for made in state.back.values()
        if made.charge.gateway == "paypal" and made.kind in _CODES
    ]
    found = [
        entry
        for entry in sorted([*payments, *went_back], key=_began)
        if start <= _began(entry) < end and _began(entry) <= visible
    ]
    size, page = int(given.get("page_size", 100)), int(given.get("page", 1))
    pages = max(1, -(-len(found) // size))
    listed = [{"transaction_info": entry} for entry in found[(page - 1) * size : page * size]]
    return SimResponse(
        200, {"transaction_details": listed, "total_items": len(found), "total_pages": pages, "page": page}
    )


def _began(entry: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["transaction_initiation_date"])


def _transaction(thing: dict[str, Any], kind: str, capture_id: str | None = None) -> dict[str, Any]:
    amount = thing["amount"]
    if capture_id:
        amount = {**amount, "value": f"-{amount['value']}"}
    return {
        "transaction_id": thing["id"], "transaction_event_code": _CODES[kind],
        "transaction_status": _STATUS.get(thing["status"], "D"),
        "transaction_initiation_date": thing["create_time"], "transaction_amount": amount,
        "custom_field": thing["custom_id"], "invoice_id": thing["invoice_id"], "paypal_reference_id": capture_id,
    }  # fmt: skip
