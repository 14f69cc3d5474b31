"""After an outage time is made up for in its order: what had arrived, then the instant that was missed. Rule: R3.6d.

Events that waited are booked under the instant at which they arrived, as far as they arrived before the oldest instant
that is still owed; those after it wait until it is done. So a bill is issued before the money that came after it, was
overdue in between, and is paid when its money was there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from settlement.model.policies.policy import Policy
from settlement.operations.schedule import calendar_jobs
from settlement.storage.work import slots

# An instant that nobody noticed for so long was missed, and an event that waited so long met an outage.
GRACE = timedelta(minutes=15)
# For how long events are held back at most behind instants noticed late: whatever keeps one of them from being done,
# money that came is not to wait for it for ever.
PATIENCE = timedelta(hours=1)


def oldest_missed(tx: Connection, *, at: datetime, policy: Policy) -> datetime | None:
    """The oldest calendar instant up to `at` (UTC) that was missed and is still owed. All that were are noticed."""
    _notice_missed(tx, at, policy)
    return slots.missed(tx, grace=GRACE)


def _notice_missed(tx: Connection, at: datetime, policy: Policy) -> None:
    for kind in calendar_jobs.KINDS:
        slots.notice(tx, kind, calendar_jobs.unnoticed(tx, kind, at - GRACE, policy), at=at)


def postponed_from(tx: Connection, arrived_at: datetime, *, at: datetime, policy: Policy) -> datetime | None:
    """Events that arrived at or after this instant wait; None while nothing holds them back.

    Asked for a batch whose oldest event arrived at `arrived_at`. Where that is long ago, instants missed since are
    noticed here, so that whoever starts first after an outage cannot overtake them. Where only ticks are missing and
    events go on, none of them waits.
    """
    if at - arrived_at > GRACE:
        _notice_missed(tx, at, policy)
    return slots.missed(tx, grace=GRACE, since=at - PATIENCE)
