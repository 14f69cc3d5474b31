"""Bodies that are received from `top_ups`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.values import Amount, Received


class TransferRecord(Received):
    """Transfer record."""

    transferred_at: dt.datetime
    from_account: str
    to_account: str
    amount: Amount
    # One of sent, pulled_back.
    kind: str
    main: str
    member: str
    operation: int
    entry: int
