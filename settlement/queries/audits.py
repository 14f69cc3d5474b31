"""Daily audits that ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound

_ROWS = text("""
    SELECT day, finished_at, took_s, violations, found,
           CAST(extract(epoch FROM clock_timestamp() - finished_at) AS double precision)
    FROM audit_run
    WHERE finished_at IS NOT NULL AND (CAST(:after AS date) IS NULL OR day < CAST(:after AS date))
      AND (CAST(:day AS date) IS NULL OR day = CAST(:day AS date))
    ORDER BY day DESC LIMIT :limit""")
_COUNT = text("SELECT count(*) FROM audit_run WHERE finished_at IS NOT NULL")


class AuditRun(NamedTuple):
    """An audit that came to its end. `found`: violations by check; `age_s` seconds since it ended."""

    day: date
    finished_at: datetime
    took_s: float
    violations: int
    found: Mapping[str, int]
    age_s: float


def rows(tx: Connection, *, limit: int, after: str | None = None, day: date | None = None) -> list[AuditRun]:
    """Audits that ended, the newest first, from the one after the day `after` (ISO) on; only that of a `day`."""
    parameters = {"limit": limit, "after": after, "day": day}
    return [AuditRun(*row) for row in tx.execute(_ROWS, parameters)]


def last(tx: Connection) -> AuditRun | None:
    """The newest one that ended, or None."""
    return next(iter(rows(tx, limit=1)), None)


def audit(tx: Connection, day: date) -> AuditRun:
    """The audit of a day.

    Raises:
        NotFound: none of it ended.
    """
    found = rows(tx, limit=1, day=day)
    if not found:
        raise NotFound("unknown_audit", f"no audit of {day} came to its end")
    return found[0]


def count(tx: Connection) -> int:
    """How many came to their end; there is one row a day."""
    return int(tx.execute(_COUNT).scalar_one())
