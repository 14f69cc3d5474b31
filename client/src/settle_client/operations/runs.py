"""What operations send: runs.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from settle_client.requests import Request, request


def start_run(
    kind: Literal["month_close", "month_end_sweep", "threshold_check"],
    cycle: str | None,
    accounts: Sequence[str] | None,
    dry_run: bool | None,
) -> Request:
    """Starts a month close, a month-end sweep or a look at thresholds, or finds it."""
    return request(
        "POST", "/runs", query={"dry_run": dry_run}, body={"kind": kind, "cycle": cycle, "accounts": accounts}
    )


def pause_run(run: str) -> Request:
    """Hands out no more of a run."""
    return request("POST", "/runs/{run}/pause", names={"run": run})


def resume_run(run: str) -> Request:
    """Lets a paused run go on, and tries again what failed."""
    return request("POST", "/runs/{run}/resume", names={"run": run})


def get_run(run: str) -> Request:
    """A run: progress, and what it came to so far."""
    return request("GET", "/runs/{run}", names={"run": run})


def list_runs(limit: int | None, after: str | None) -> Request:
    """Runs, the newest first."""
    return request("GET", "/runs", query={"limit": limit, "after": after})


def list_slots(limit: int | None, after: str | None, owed: bool | None) -> Request:
    """Instants of the calendar, the newest first, with what became of each."""
    return request("GET", "/slots", query={"limit": limit, "after": after, "owed": owed})
