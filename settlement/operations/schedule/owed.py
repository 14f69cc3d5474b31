"""What the calendar owes, worked out at the moment of asking by whoever asks. Reading writes nothing. Rule: R3.6e.

Whoever ticks writes down what is owed; where nobody ticks nothing is written down, and it is owed all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from settlement.model.policies.policy import Policy
from settlement.model.runs import DAILY_CHECK
from settlement.operations.schedule import calendar_jobs
from settlement.storage.work import slots


class OwedInstant(NamedTuple):
    """An instant (UTC) of a calendar job that has come and is not done.

    `is_recorded`: it is on record. `run_id`: the run that was begun for it, `is_paused` by somebody; `still_s` seconds
    since that run moved last.
    """

    job: str
    logical_at: datetime
    is_recorded: bool = True
    run_id: int | None = None
    is_paused: bool = False
    still_s: float | None = None


def owed_by(tx: Connection, *, at: datetime, policy: Policy) -> list[OwedInstant]:
    """Every instant up to `at` (UTC) that is owed and not done, noticed or not, oldest first. Three statements.

    A system of which no tick ever noticed anything owes its oldest bill that waits to be issued, and no days.
    """
    last, oldest = slots.last_of_each(tx), slots.oldest_accruing_cycle(tx)
    found = [
        OwedInstant(
            slot.job, slot.logical_at, run_id=slot.run_id, is_paused=slot.is_paused, still_s=slot.still_s
        )
        for slot in slots.owed_slots(tx)
    ]
    for kind in calendar_jobs.KINDS:
        if kind in last:
            instants = calendar_jobs.instants_after(last[kind], kind, at, policy)
        elif oldest is None or kind == DAILY_CHECK:
            instants = []
        else:
            instants = calendar_jobs.instants_since_bill(oldest, kind, at, policy)
        found += [OwedInstant(kind, instant, is_recorded=False) for instant in instants]
    return sorted(found, key=lambda one: (one.logical_at, one.job))


def is_owed(tx: Connection, job: str, *, at: datetime, policy: Policy) -> bool:
    """Is an instant of this job up to `at` (UTC) owed and not done. Three statements."""
    return any(one.job == job for one in owed_by(tx, at=at, policy=policy))


def unattended_s(owed: Sequence[OwedInstant], at: datetime) -> float:
    """For how many seconds by `at` (UTC) the oldest instant owed has had nobody at work on it; 0 when none has.

    One whose run moves is worked on. What stands behind a run that somebody paused waits because they want it to.
    """
    if not owed or owed[0].is_paused:
        return 0.0
    oldest = owed[0]
    late_s = (at - oldest.logical_at).total_seconds()
    return late_s if oldest.still_s is None else min(late_s, oldest.still_s)
