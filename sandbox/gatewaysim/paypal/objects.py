"""How PayPal words errors, instants and amounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.gatewaysim.responses import SimResponse
from sandbox.gatewaysim.state import SimState

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


def minor(amount: Mapping[str, str]) -> int:
    """An amount in the smallest unit that PayPal knows of its currency."""
    places = 0 if amount["currency_code"] in _NO_DECIMALS else 2
    return int(Decimal(amount["value"]).scaleb(places))


def is_too_fine(amount: Mapping[str, str]) -> bool:
    """Has it more decimals than PayPal takes."""
    places = 0 if amount["currency_code"] in _NO_DECIMALS else 2
    return Decimal(amount["value"]).scaleb(places) % 1 != 0


def payment(
    state: SimState, prefix: str, unit: Mapping[str, Any], status: str, **more: Any
) -> dict[str, Any]:
    """A capture, an authorization or a refund, remembered."""
    made = {
        "id": state.new_id(prefix), "object": prefix.lower(), "status": status, "amount": unit["amount"],
        "custom_id": unit.get("custom_id"), "invoice_id": unit.get("invoice_id"),
        "create_time": stamp(state.now()), **more,
    }  # fmt: skip
    state.objects[made["id"]] = made
    return made
