"""Bodies that are received from `audits`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from settle_client.values import Received


class AuditRun(Received):
    """Audit run."""

    day: dt.date
    violations: int
    finished_at: dt.datetime
    took_s: float
    found: dict[str, int]


class Setting(Received):
    """Setting."""

    name: str
    value: Any = None
    holds_from: dt.datetime
    set_by: str
    set_at: dt.datetime
    reason: str | None = None
    next_value: Any = None
    next_from: dt.datetime | None = None


class SettingChange(Received):
    """Setting change."""

    name: str
    value: Any = None
    holds_from: dt.datetime
    set_by: str
    set_at: dt.datetime
    reason: str | None = None
