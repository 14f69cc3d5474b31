"""Bodies that are received from `runs`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from settle_client.values import Amount, Received


class RunReport(Received):
    """Run report."""

    issued: tuple[Any, ...] = ()
    paid: tuple[Any, ...] = ()
    skipped: dict[str, Any] | None = None
    parked_accounts: int | None = None


class Run(Received):
    """Run."""

    run: int
    # One of month_close, month_end_sweep.
    kind: str
    cycle: str
    # One of running, paused, done.
    state: str
    accounts: int
    accounts_done: int
    rate: float | None = None
    left_s: float | None = None
    created_at: dt.datetime
    logical_at: dt.datetime
    finished_at: dt.datetime | None = None
    ranges: int
    ranges_done: int
    ranges_failed: int
    failure: str | None = None
    report: RunReport


class StartedRun(Received):
    """Started run."""

    # One of month_close, month_end_sweep, threshold_check.
    kind: str
    run: Run | None = None


class RunPreview(Received):
    """Run preview."""

    dry_run: bool
    # One of month_close, month_end_sweep, threshold_check.
    kind: str
    cycle: str | None = None
    # So many were looked at.
    accounts: int
    report: RunReport
    charged: tuple[Amount, ...]


class Slot(Received):
    """Slot."""

    job: str
    logical_at: dt.datetime
    # One of owed, done, skipped.
    state: str
    reason: str | None = None
    run: int | None = None
    finished_at: dt.datetime | None = None
