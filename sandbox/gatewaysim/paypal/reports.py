"""PayPal's transaction search: what was captured, held and given back, once its lag is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.gatewaysim.paypal.objects import error
from sandbox.gatewaysim.responses import SimResponse
from sandbox.gatewaysim.state import SimState

_CODES = {"capture": "T0006", "auth": "T1300", "refund": "T1107"}
_STATUS = {"COMPLETED": "S", "PARTIALLY_REFUNDED": "S", "REFUNDED": "V", "CREATED": "P", "PENDING": "P"}


def transactions(state: SimState, given: dict[str, str]) -> SimResponse:
    """A page of the transactions of at most 31 days."""
    start, end = (datetime.fromisoformat(given[name]) for name in ("start_date", "end_date"))
    if end - start > timedelta(days=31):
        return error(400, "INVALID_REQUEST", "DATE_RANGE_TOO_LARGE")
    visible = state.now() - state.search_lag
    found = [
        _transaction(thing)
        for thing in state.objects.values()
        if thing.get("object") in _CODES and start <= _made_at(thing) < end and _made_at(thing) <= visible
    ]
    size, page = int(given.get("page_size", 100)), int(given.get("page", 1))
    pages = max(1, -(-len(found) // size))
    listed = found[(page - 1) * size : page * size]
    return SimResponse(
        200,
        {"transaction_details": listed, "total_items": len(found), "total_pages": pages, "page": page},
    )


def _made_at(thing: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(thing["create_time"])


def _transaction(thing: dict[str, Any]) -> dict[str, Any]:
    amount = thing["amount"]
    if thing["object"] == "refund":
        amount = {**amount, "value": f"-{amount['value']}"}
    return {
        "transaction_info": {
            "transaction_id": thing["id"], "transaction_event_code": _CODES[thing["object"]],
            "transaction_status": _STATUS.get(thing["status"], "D"),
            "transaction_initiation_date": thing["create_time"], "transaction_amount": amount,
            "custom_field": thing["custom_id"], "invoice_id": thing["invoice_id"],
            "paypal_reference_id": thing.get("capture_id"),
        }
    }  # fmt: skip
