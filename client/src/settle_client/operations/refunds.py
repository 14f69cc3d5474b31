"""What operations send: refunds.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from typing import Literal

from settle_client.requests import Request, request
from settle_client.values import Number


def refund(
    account: str,
    amount: Number,
    currency: str,
    to: Literal["credit", "cash", "original_method"] | None,
    cycle: str | None,
) -> Request:
    """Sends the event `refund`."""
    return request(
        "POST",
        "/accounts/{account}/refunds",
        names={"account": account},
        body={"amount": amount, "currency": currency, "to": to, "cycle": cycle},
    )


def get_refund(refund: str) -> Request:
    """A refund to a payment method."""
    return request("GET", "/refunds/{refund}", names={"refund": refund})


def list_refunds(
    limit: int | None,
    after: str | None,
    account: str | None,
    state: Literal["waiting", "sent", "unknown", "under_way", "succeeded", "failed"] | None,
) -> Request:
    """Refunds to payment methods, the newest first."""
    return request(
        "GET", "/refunds", query={"limit": limit, "after": after, "account": account, "state": state}
    )


def list_credit_refunds(account: str, limit: int | None, after: str | None) -> Request:
    """An account's credit refunds that have something left, the oldest first."""
    return request(
        "GET",
        "/accounts/{account}/credit-refunds",
        names={"account": account},
        query={"limit": limit, "after": after},
    )
