"""Metrics of what the calendar owes, worked out when they are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from interfaces.http.metrics.exposition import Family, gauge, labelled
from settlement.model.policies.policy import Policy
from settlement.operations.schedule.calendar_jobs import KINDS
from settlement.operations.schedule.owed import owed_by, unattended_s


def families(tx: Connection, *, at: datetime, policy: Policy) -> Iterator[Family]:
    """Instants owed by job, the age of the oldest, and for how long nobody has been at work on it."""
    owed = owed_by(tx, at=at, policy=policy)
    counted = Counter(one.job for one in owed)
    yield labelled(
        "settle_calendar_owed", "Instants of the calendar that have come and are not done, recorded or not.", "job",
        [(job, counted[job]) for job in sorted({*KINDS, *counted})],
    )  # fmt: skip
    yield gauge(
        "settle_calendar_owed_oldest_seconds", "Age of the oldest of them; 0 when nothing is owed.",
        (at - owed[0].logical_at).total_seconds() if owed else 0,
    )  # fmt: skip
    yield gauge(
        "settle_calendar_unattended_seconds",
        "For how long nobody has been at work on the oldest of them; 0 when nothing is owed or its run is paused.",
        unattended_s(owed, at),
    )
