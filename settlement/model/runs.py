"""Runs: what kinds there are, and what state one may be in; and the job of the calendar that is none."""

from __future__ import annotations

from typing import Final, Literal

RunState = Literal["running", "paused", "done"]
RunKind = Literal["month_close", "month_end_sweep"]
MONTH_CLOSE: RunKind = "month_close"
SWEEP: RunKind = "month_end_sweep"
DAILY_CHECK = "daily_check"
# What may be requested; a look at thresholds is no run, as nothing of it is long.
Requested = Literal["month_close", "month_end_sweep", "threshold_check"]
THRESHOLD_CHECK: Final = "threshold_check"
# Accounts that may be named in a request; without any it is for all.
MOST_ACCOUNTS = 1_000
