"""Bodies that are received from `unified_settlements`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.values import Amount, Received


class Unified(Received):
    """Unified."""

    number: int
    main: str
    settlement: str
    # One of draft, running, completed, closed.
    state: str
    bills: int
    settled: int
    accounts: int
    paid: Amount
    outstanding: Amount
    created_at: dt.datetime
    run_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    deleted_at: dt.datetime | None = None


class UnifiedLine(Received):
    """Unified line."""

    line: int
    bill: str
    account: str
    cycle: str
    listed: Amount
    outstanding: Amount
    paid: Amount
    # One of open, paid, dropped.
    state: str
    note: str


class SettlementDetails(Unified):
    """Settlement details."""

    lines: tuple[UnifiedLine, ...]
    revision: str
