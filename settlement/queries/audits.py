"""Daily audits that ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

_LAST = text("""
    SELECT day, finished_at, took_s, violations, found, extract(epoch FROM clock_timestamp() - finished_at)
    FROM audit_run WHERE finished_at IS NOT NULL ORDER BY day DESC LIMIT 1""")
_COUNT = text("SELECT count(*) FROM audit_run WHERE finished_at IS NOT NULL")


class AuditRun(NamedTuple):
    """The newest audit that came to its end. `found`: violations by check; `age_s` seconds since it ended."""

    day: date
    finished_at: datetime
    took_s: float
    violations: int
    found: Mapping[str, int]
    age_s: float


def last(tx: Connection) -> AuditRun | None:
    """The newest one that ended, or None."""
    row = tx.execute(_LAST).one_or_none()
    if row is None:
        return None
    day, finished_at, took_s, violations, found, age_s = row
    return AuditRun(day, finished_at, took_s, violations, found, float(age_s))


def count(tx: Connection) -> int:
    """How many came to their end; there is one row a day."""
    return int(tx.execute(_COUNT).scalar_one())
