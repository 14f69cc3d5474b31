"""Schedule slots: every instant at which a calendar job is owed is a row, done or skipped with a reason. Rule: R3.6."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from sqlalchemy import Connection, text

from settlement.model.cycle import Cycle

_LAST = text("SELECT max(logical_at) FROM schedule_slot WHERE job = :job")
_LAST_OF_EACH = text("SELECT job, max(logical_at) FROM schedule_slot GROUP BY job")
# A run moves with each of its ranges. By the database's own clock, for a test clock may stand still.
_OWED_SLOTS = text("""
    SELECT s.job, s.logical_at, s.run_id, coalesce(run.state = 'paused', false),
           CAST(extract(epoch FROM clock_timestamp() - coalesce(
               (SELECT max(finished_at) FROM run_range r WHERE r.run_id = run.id), run.created_at)) AS double precision)
    FROM schedule_slot s LEFT JOIN run ON run.id = s.run_id WHERE s.state = 'owed' ORDER BY s.logical_at, s.job""")
_OLDEST_ACCRUING = text("SELECT min(cycle) FROM bill WHERE state = 'accruing'")
# An account that is parked keeps its bills accruing for as long as that lasts; the others must not wait behind it.
_ACCRUING = text("""
    SELECT DISTINCT b.cycle FROM bill b JOIN account a ON a.id = b.account_id AND a.parked_at IS NULL
    WHERE b.state = 'accruing' AND b.cycle <= :until ORDER BY b.cycle""")
_NOTICE = text("""
    INSERT INTO schedule_slot (job, logical_at, noticed_at)
    SELECT :job, logical_at, :noticed_at FROM unnest(CAST(:instants AS timestamptz[])) AS v (logical_at)
    ON CONFLICT DO NOTHING""")
# A run that somebody paused is no outage: what comes after it waits for it, and nothing else does.
_MISSED = text("""
    SELECT min(s.logical_at) FILTER (WHERE s.noticed_at - s.logical_at > CAST(:grace AS interval)
                                     AND s.noticed_at > coalesce(CAST(:noticed_after AS timestamptz), '-infinity')),
           min(s.logical_at) FILTER (WHERE run.state = 'paused')
    FROM schedule_slot s LEFT JOIN run ON run.id = s.run_id WHERE s.state = 'owed'""")
_HAS_BEGUN = text("""
    SELECT EXISTS (SELECT FROM schedule_slot WHERE state = 'owed' AND logical_at <= :until AND run_id IS NOT NULL)""")
_OWED = text("SELECT logical_at FROM schedule_slot WHERE job = :job AND state = 'owed' ORDER BY logical_at")
_STARTED = text("UPDATE schedule_slot SET run_id = :run_id WHERE job = :job AND logical_at = :logical_at")
_DONE = text("""
    UPDATE schedule_slot SET state = 'done', run_id = :run_id, finished_at = clock_timestamp()
    WHERE job = :job AND logical_at = :logical_at AND state = 'owed'""")

_SKIPPED = text("""
    UPDATE schedule_slot SET state = 'skipped', reason = :reason, finished_at = clock_timestamp()
    WHERE job = :job AND logical_at = :logical_at AND state = 'owed'""")
_LEAVE_OUT = text("""
    INSERT INTO schedule_slot (job, logical_at, state, reason, finished_at)
    SELECT :job, logical_at, 'skipped', :reason, clock_timestamp()
    FROM unnest(CAST(:instants AS timestamptz[])) AS v (logical_at)
    ON CONFLICT DO NOTHING""")

_POSITION = text("""
    SELECT after_account FROM schedule_slot
    WHERE job = :job AND logical_at = :logical_at AND state = 'owed' FOR NO KEY UPDATE""")
_ADVANCE = text(
    "UPDATE schedule_slot SET after_account = :after WHERE job = :job AND logical_at = :logical_at"
)
_FINISH = text("""
    UPDATE schedule_slot SET state = 'done', finished_at = clock_timestamp()
    WHERE job = :job AND logical_at = :logical_at AND state = 'owed'""")


class OwedSlot(NamedTuple):
    """An instant on record that is not done. `still_s`: seconds since its run moved last, None without a run."""

    job: str
    logical_at: datetime
    run_id: int | None
    is_paused: bool
    still_s: float | None


def position(tx: Connection, job: str, logical_at: datetime) -> int | None:
    """Up to which account id the slot is worked off, its row locked; None when it is done."""
    return cast("int | None", tx.scalar(_POSITION, {"job": job, "logical_at": logical_at}))


def advance(tx: Connection, job: str, logical_at: datetime, after: int) -> None:
    """The slot is worked off up to this account id."""
    tx.execute(_ADVANCE, {"job": job, "logical_at": logical_at, "after": after})


def finish(tx: Connection, job: str, logical_at: datetime) -> None:
    """Marks a slot that no run belongs to as done."""
    tx.execute(_FINISH, {"job": job, "logical_at": logical_at})


def last(tx: Connection, job: str) -> datetime | None:
    """The newest instant noticed for a job."""
    return cast("datetime | None", tx.scalar(_LAST, {"job": job}))


def last_of_each(tx: Connection) -> dict[str, datetime]:
    """The newest instant noticed, by job; without those of which none ever was."""
    return {row.job: row.max for row in tx.execute(_LAST_OF_EACH)}


def owed_slots(tx: Connection) -> list[OwedSlot]:
    """Every instant on record that is owed, oldest first."""
    return [OwedSlot(*row) for row in tx.execute(_OWED_SLOTS)]


def oldest_accruing_cycle(tx: Connection) -> Cycle | None:
    """The oldest cycle that has a bill not issued yet."""
    return cast("Cycle | None", tx.scalar(_OLDEST_ACCRUING))


def accruing_cycles(tx: Connection, until: Cycle) -> list[Cycle]:
    """Every cycle up to `until` that has a bill not issued yet, oldest first; parked accounts left out."""
    return [Cycle(cycle) for cycle in tx.scalars(_ACCRUING, {"until": until})]


def notice(tx: Connection, job: str, instants: Sequence[datetime], *, at: datetime) -> None:
    """Records instants as owed, noticed at `at` (UTC); those known already stay as they are."""
    if instants:
        tx.execute(_NOTICE, {"job": job, "instants": list(instants), "noticed_at": at})


def missed(tx: Connection, *, grace: timedelta, since: datetime | None = None) -> datetime | None:
    """The oldest instant owed that was noticed later than `grace` after it, unless a paused run comes before it.

    With `since` only those noticed since then.
    """
    oldest, paused = tx.execute(_MISSED, {"grace": grace, "noticed_after": since}).one()
    return None if oldest is None or (paused is not None and paused <= oldest) else oldest


def has_begun(tx: Connection, until: datetime) -> bool:
    """Is there a run for an instant up to `until` that is still owed."""
    return bool(tx.scalar(_HAS_BEGUN, {"until": until}))


def owed(tx: Connection, job: str) -> list[datetime]:
    """Instants still owed, oldest first."""
    return list(tx.scalars(_OWED, {"job": job}))


def started(tx: Connection, job: str, logical_at: datetime, run_id: int) -> None:
    """Ties the slot to the run that works it off."""
    tx.execute(_STARTED, {"job": job, "logical_at": logical_at, "run_id": run_id})


def done(tx: Connection, job: str, logical_at: datetime, run_id: int) -> None:
    """Marks the slot done."""
    tx.execute(_DONE, {"job": job, "logical_at": logical_at, "run_id": run_id})


def skipped(tx: Connection, job: str, logical_at: datetime, reason: str) -> None:
    """Marks the slot as one at which there was nothing to do, and why."""
    tx.execute(_SKIPPED, {"job": job, "logical_at": logical_at, "reason": reason})


def leave_out(tx: Connection, job: str, instants: Sequence[datetime], reason: str) -> None:
    """Records instants as skipped at once, and why; those known already stay as they are."""
    if instants:
        tx.execute(_LEAVE_OUT, {"job": job, "instants": list(instants), "reason": reason})
