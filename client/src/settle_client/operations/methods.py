"""What operations send: methods.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from typing import Literal

from settle_client.requests import Request, request
from settle_client.values import Number


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
