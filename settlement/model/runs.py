"""Runs: what kinds there are, and what state one may be in; and the job of the calendar that is none."""

from __future__ import annotations

from typing import Literal

RunState = Literal["running", "paused", "done"]
RunKind = Literal["month_close", "month_end_sweep"]
MONTH_CLOSE: RunKind = "month_close"
SWEEP: RunKind = "month_end_sweep"
DAILY_CHECK = "daily_check"
