"""What operations send: payments.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from typing import Literal

from settle_client.requests import Request, request
from settle_client.values import Number


def pay_bill(
    account: str,
    payment: str,
    cycle: str,
    currency: str,
    amount: Number | None,
    from_balance: Number | None,
    channel: str | None,
) -> Request:
    """Sends the event `bill_payment_requested`."""
    return request(
        "POST",
        "/accounts/{account}/payments",
        names={"account": account},
        body={
            "payment": payment,
            "cycle": cycle,
            "currency": currency,
            "amount": amount,
            "from_balance": from_balance,
            "channel": channel,
        },
    )


def cancel_payment(account: str, payment: str) -> Request:
    """Sends the event `bill_payment_cancelled`."""
    return request(
        "POST",
        "/accounts/{account}/payments/{payment}/cancel",
        names={"account": account, "payment": payment},
        body={},
    )


def get_payment(account: str, payment: str) -> Request:
    """A manual payment."""
    return request(
        "GET", "/accounts/{account}/payments/{payment}", names={"account": account, "payment": payment}
    )


def list_payments(
    limit: int | None,
    after: str | None,
    account: str | None,
    cycle: str | None,
    state: Literal["running", "completed", "failed", "cancelled", "expired"] | None,
) -> Request:
    """Manual payments, the newest first."""
    return request(
        "GET",
        "/payments",
        query={"limit": limit, "after": after, "account": account, "cycle": cycle, "state": state},
    )
