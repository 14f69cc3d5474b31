"""The record of daily audits: one a local day, claimed by whoever comes first. Rule: R11.2c."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

# An audit whose process died is begun anew after this long.
_GIVEN_UP_AFTER = "2 hours"
_CLAIM = text(f"""
    INSERT INTO audit_run (day) VALUES (:day)
    ON CONFLICT (day) DO UPDATE SET began_at = clock_timestamp()
    WHERE audit_run.finished_at IS NULL AND audit_run.began_at < clock_timestamp() - interval '{_GIVEN_UP_AFTER}'
    RETURNING day""")
_FINISH = text("""
    UPDATE audit_run SET finished_at = clock_timestamp(), took_s = :took_s, violations = :violations,
           found = CAST(:found AS jsonb)
    WHERE day = :day AND finished_at IS NULL RETURNING day""")
_LAST = text("""
    SELECT day, finished_at, took_s, violations, found, extract(epoch FROM clock_timestamp() - finished_at)
    FROM audit_run WHERE finished_at IS NOT NULL ORDER BY day DESC LIMIT 1""")


class AuditRun(NamedTuple):
    """The newest audit that came to its end. `found`: violations by check; `age_s` seconds since it ended."""

    day: date
    finished_at: datetime
    took_s: float
    violations: int
    found: Mapping[str, int]
    age_s: float


def claim(tx: Connection, day: date) -> bool:
    """Takes the audit of a day. False when somebody has it, or has done it."""
    return tx.scalar(_CLAIM, {"day": day}) is not None


def finish(tx: Connection, day: date, found: Mapping[str, int], *, took_s: float) -> bool:
    """Records what was found. False when somebody else did before."""
    asked = {
        "day": day,
        "took_s": took_s,
        "violations": sum(found.values()),
        "found": json.dumps(dict(found)),
    }
    return tx.scalar(_FINISH, asked) is not None


def last(tx: Connection) -> AuditRun | None:
    """The newest one that ended, or None."""
    row = tx.execute(_LAST).one_or_none()
    if row is None:
        return None
    day, finished_at, took_s, violations, found, age_s = row
    return AuditRun(day, finished_at, took_s, violations, found, float(age_s))
