"""Bodies that are received from `cards`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.values import Amount, Received


class Card(Received):
    """Card."""

    card: str
    balance: Amount
    valid_from: dt.datetime
    valid_until: dt.datetime
    state: str
    products: tuple[str, ...] | None = None
    orders: tuple[str, ...] | None = None


class Coupon(Received):
    """Coupon."""

    coupon: str
    # One of amount_off, single_use.
    kind: str
    balance: Amount
    valid_from: dt.datetime
    valid_until: dt.datetime
    state: str
    granted_at: dt.datetime
