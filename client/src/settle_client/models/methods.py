"""Bodies that are received from `methods`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.values import Amount, Received


class Method(Received):
    """Method."""

    method: str
    # One of bank_card, paypal, bank_transfer.
    kind: str
    gateway: str | None = None
    default: bool
    # One of unverified, verified, removed.
    state: str
    shared: bool
    open_disputes: int
    threshold: Amount | None = None
    added_at: dt.datetime


class PreAuthorization(Received):
    """Pre authorization."""

    account: str
    method: str
    amount: Amount
    gateway: str
    reference: str
    # One of waiting, sent, unknown, authorized, voided, declined, not_charged.
    state: str
    sent_at: dt.datetime | None = None
    next_at: dt.datetime | None = None
    asks: int
    gateway_ref: str | None = None
    message: str | None = None
