"""Bodies that are received from `terms`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.values import Received


class Term(Received):
    """Term."""

    from_cycle: str
    until_cycle: str | None = None
    # One of monthly, quarterly.
    settlement_cycle: str
    period_days: int
    # One of calendar, business.
    day_kind: str
    country: str | None = None
    closing_days: tuple[dt.date, ...]
    agreed_at: dt.datetime
