"""What operations send: cards, coupons.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from settle_client.requests import Request, request
from settle_client.values import Number


def activate_card(
    account: str,
    card: str,
    amount: Number,
    currency: str,
    valid_from: dt.datetime | str,
    valid_until: dt.datetime | str,
    products: Sequence[str] | None,
    orders: Sequence[str] | None,
) -> Request:
    """Sends the event `card_activated`."""
    return request(
        "POST",
        "/accounts/{account}/cards",
        names={"account": account},
        body={
            "card": card,
            "amount": amount,
            "currency": currency,
            "valid_from": valid_from,
            "valid_until": valid_until,
            "products": products,
            "orders": orders,
        },
    )


def list_cards(account: str, limit: int | None, after: str | None, used_up: bool | None) -> Request:
    """An account's stored value cards, expiring first."""
    return request(
        "GET",
        "/accounts/{account}/cards",
        names={"account": account},
        query={"limit": limit, "after": after, "used_up": used_up},
    )


def grant_coupon(
    account: str,
    coupon: str,
    kind: Literal["amount_off", "single_use"],
    amount: Number,
    currency: str,
    valid_from: dt.datetime | str,
    valid_until: dt.datetime | str,
) -> Request:
    """Sends the event `coupon_granted`."""
    return request(
        "POST",
        "/accounts/{account}/coupons",
        names={"account": account},
        body={
            "coupon": coupon,
            "kind": kind,
            "amount": amount,
            "currency": currency,
            "valid_from": valid_from,
            "valid_until": valid_until,
        },
    )


def list_coupons(account: str, limit: int | None, after: str | None, used_up: bool | None) -> Request:
    """An account's coupons, in the order in which they are used."""
    return request(
        "GET",
        "/accounts/{account}/coupons",
        names={"account": account},
        query={"limit": limit, "after": after, "used_up": used_up},
    )
