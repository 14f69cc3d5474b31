"""Bodies that are received from `payments`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.values import Amount, Received


class Payment(Received):
    """Payment."""

    number: int
    bill: str
    payment: str
    account: str
    cycle: str
    amount: Amount
    from_balance: Amount
    channel: str
    by_channel: Amount
    # One of running, completed, failed, cancelled, expired.
    state: str
    reason: str | None = None
    started_at: dt.datetime
    lease_until: dt.datetime
    finished_at: dt.datetime | None = None
    charge: str | None = None
    charge_state: str | None = None
    action_url: str | None = None
