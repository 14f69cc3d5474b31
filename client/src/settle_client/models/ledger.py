"""Bodies that are received from `ledger`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.values import Amount, Received


class Entry(Received):
    """Entry."""

    entry: int
    posted_at: dt.datetime
    account: str
    debit: str
    credit: str
    amount: Amount
    cause: str
