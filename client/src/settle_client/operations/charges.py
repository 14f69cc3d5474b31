"""What operations send: charges, methods, disputes, differences.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from typing import Literal

from settle_client.requests import Request, request
from settle_client.values import Number


def get_charge(charge: str) -> Request:
    """A charge, and the bills it is for."""
    return request("GET", "/charges/{charge}", names={"charge": charge})


def list_charges(
    limit: int | None,
    after: str | None,
    account: str | None,
    cycle: str | None,
    state: Literal["waiting", "sent", "unknown", "requires_action", "succeeded", "declined", "not_charged"]
    | None,
) -> Request:
    """Charges of payment methods, the newest first."""
    return request(
        "GET",
        "/charges",
        query={"limit": limit, "after": after, "account": account, "cycle": cycle, "state": state},
    )


def add_method(
    account: str,
    method: str,
    kind: Literal["bank_card", "paypal", "bank_transfer"],
    gateway: Literal["stripe", "paypal", "sandbox"] | None,
    method_token: str | None,
    customer_token: str | None,
    threshold: Number | None,
    currency: str | None,
    make_default: bool | None,
) -> Request:
    """Sends the event `payment_method_added`."""
    return request(
        "POST",
        "/accounts/{account}/methods",
        names={"account": account},
        body={
            "method": method,
            "kind": kind,
            "gateway": gateway,
            "method_token": method_token,
            "customer_token": customer_token,
            "threshold": threshold,
            "currency": currency,
            "make_default": make_default,
        },
    )


def make_method_default(account: str, method: str) -> Request:
    """Sends the event `payment_method_default`."""
    return request(
        "POST",
        "/accounts/{account}/methods/{method}/default",
        names={"account": account, "method": method},
        body={},
    )


def verify_method(account: str, method: str) -> Request:
    """Sends the event `payment_method_verify`."""
    return request(
        "POST",
        "/accounts/{account}/methods/{method}/verify",
        names={"account": account, "method": method},
        body={},
    )


def remove_method(account: str, method: str) -> Request:
    """Sends the event `payment_method_removed`."""
    return request(
        "DELETE",
        "/accounts/{account}/methods/{method}",
        names={"account": account, "method": method},
        body={},
    )


def list_methods(account: str, limit: int | None, after: str | None, removed: bool | None) -> Request:
    """An account's payment methods, the default one first."""
    return request(
        "GET",
        "/accounts/{account}/methods",
        names={"account": account},
        query={"limit": limit, "after": after, "removed": removed},
    )


def list_holds(limit: int | None, after: str | None) -> Request:
    """Amounts held to check a payment method that are not let go yet, the oldest first."""
    return request("GET", "/method-holds", query={"limit": limit, "after": after})


def get_dispute(gateway: str, dispute: str) -> Request:
    """A dispute, or a refund that a gateway made by itself, with the bills that it took back."""
    return request("GET", "/disputes/{gateway}/{dispute}", names={"gateway": gateway, "dispute": dispute})


def list_disputes(
    limit: int | None,
    after: str | None,
    account: str | None,
    kind: Literal["refund", "dispute"] | None,
    open: bool | None,
) -> Request:
    """Disputes, and refunds that gateways made by themselves, those found last first."""
    return request(
        "GET",
        "/disputes",
        query={"limit": limit, "after": after, "account": account, "kind": kind, "open": open},
    )


def list_differences(limit: int | None, after: str | None, with_closed: bool | None) -> Request:
    """Differences from gateways' books, the newest first."""
    return request("GET", "/differences", query={"limit": limit, "after": after, "with_closed": with_closed})


def list_compared_days(limit: int | None, after: str | None) -> Request:
    """Days that were compared with gateways' books, the newest first."""
    return request("GET", "/differences/days", query={"limit": limit, "after": after})


def list_left_out_days(limit: int | None, after: str | None) -> Request:
    """Days that were not compared, and that nobody compares by itself any more, the newest first."""
    return request("GET", "/differences/left-out", query={"limit": limit, "after": after})
