"""Bodies that are received from `refunds`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.values import Amount, Received


class CreditRefund(Received):
    """Credit refund."""

    cycle: str
    remaining: Amount
    granted_at: dt.datetime


class GatewayRefundEvent(Received):
    """Gateway refund event."""

    source: str | None = None
    event_id: str | None = None


class GatewayRefund(Received):
    """Gateway refund."""

    refund: str
    account: str
    amount: Amount
    charge: str
    method: str
    gateway: str
    # One of waiting, sent, unknown, under_way, succeeded, failed.
    state: str
    created_at: dt.datetime
    sent_at: dt.datetime | None = None
    next_at: dt.datetime | None = None
    asks: int
    gateway_ref: str | None = None
    code: str | None = None
    message: str | None = None
    finished_at: dt.datetime | None = None
    event: GatewayRefundEvent | None = None
