"""The record of daily audits: one a local day, claimed by whoever comes first. Rule: R11.2c."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

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


def claim(tx: Connection, day: date) -> bool:
    """Takes the audit of a day. False when somebody has it, or has done it."""
    return tx.scalar(_CLAIM, {"day": day}) is not None


def finish(tx: Connection, day: date, found: Mapping[str, int], *, took_s: float) -> bool:
    """Records what was found. False when somebody else did before."""
    parameters = {
        "day": day,
        "took_s": took_s,
        "violations": sum(found.values()),
        "found": json.dumps(dict(found)),
    }
    return tx.scalar(_FINISH, parameters) is not None
