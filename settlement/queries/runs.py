"""Runs with their progress, and the instants at which calendar jobs are owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.cycle import Cycle
from settlement.model.report import Report
from settlement.model.runs import RunKind, RunState
from settlement.storage.sql.columns import columns
from settlement.storage.tables.runs import SCHEDULE_SLOT


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with its progress. `rate` is accounts per second since it began, `left_s` the seconds left at that rate."""

    id: int
    kind: RunKind
    cycle: Cycle
    logical_at: datetime
    state: RunState
    created_at: datetime
    finished_at: datetime | None
    accounts: int
    accounts_done: int
    ranges: int
    ranges_done: int
    ranges_failed: int
    last_range_at: datetime | None
    failure: str | None
    report: Report

    @property
    def rate(self) -> float | None:
        """Accounts per second, None before the first range is done."""
        if self.last_range_at is None or not self.accounts_done:
            return None
        elapsed = (self.last_range_at - self.created_at).total_seconds()
        return self.accounts_done / elapsed if elapsed > 0 else None

    @property
    def left_s(self) -> float | None:
        """Seconds left at the present rate; None when unknown."""
        rate = self.rate
        return (self.accounts - self.accounts_done) / rate if rate else None


@dataclass(frozen=True, slots=True)
class SlotView:
    """One instant at which a calendar job was or is owed."""

    job: str
    logical_at: datetime
    state: Literal["owed", "done", "skipped"]
    reason: str | None
    run_id: int | None
    finished_at: datetime | None


_VIEW = text("""
    SELECT run.id, run.kind, run.cycle, run.logical_at, run.state, run.created_at, run.finished_at,
           coalesce(sum(r.accounts), 0), coalesce(sum(r.accounts) FILTER (WHERE r.state = 'done'), 0),
           count(r.range_no), count(*) FILTER (WHERE r.state = 'done'), count(*) FILTER (WHERE r.state = 'failed'),
           max(r.finished_at), max(r.reason) FILTER (WHERE r.state = 'failed'),
           coalesce(jsonb_agg(r.report) FILTER (WHERE r.report IS NOT NULL), '[]')
    FROM run LEFT JOIN run_range r ON r.run_id = run.id
    WHERE (CAST(:run_id AS bigint) IS NULL OR run.id = :run_id)
      AND (CAST(:after AS bigint) IS NULL OR run.id < :after)
    GROUP BY run.id ORDER BY run.id DESC LIMIT :limit""")
_OF_CYCLE = text("SELECT id FROM run WHERE kind = :kind AND cycle = :cycle")
_SLOTS = text(f"""
    SELECT {columns(SCHEDULE_SLOT, SlotView)} FROM schedule_slot
    WHERE (NOT :open_only OR state = 'owed') AND (CAST(:at AS timestamptz) IS NULL
           OR logical_at < CAST(:at AS timestamptz) OR (logical_at = CAST(:at AS timestamptz) AND job > :job))
    ORDER BY logical_at DESC, job LIMIT :limit""")


def run(tx: Connection, run_id: int) -> RunView:
    """One run.

    Raises:
        NotFound: there is no such run.
    """
    found = _views(tx, run_id=run_id, limit=1)
    if not found:
        raise NotFound("unknown_run", f"run {run_id} is not known; `settle runs list` shows those there are")
    return found[0]


def of_cycle(tx: Connection, kind: RunKind, cycle: Cycle) -> RunView | None:
    """The run of this kind over a cycle; None where none was begun."""
    number = tx.scalar(_OF_CYCLE, {"kind": kind, "cycle": cycle})
    return None if number is None else run(tx, number)


def newest(tx: Connection, limit: int, *, after: int | None = None) -> list[RunView]:
    """The newest runs first, from the one after run `after` in that order on."""
    return _views(tx, limit=limit, after=after)


def _views(
    tx: Connection, *, limit: int, run_id: int | None = None, after: int | None = None
) -> list[RunView]:
    views = []
    for row in tx.execute(_VIEW, {"run_id": run_id, "limit": limit, "after": after}):
        *facts, parts = row
        report = Report()
        for part in parts:
            report.add(Report.from_json(part))
        values = (*facts, report)
        views.append(RunView(*values))
    return views


def slots(
    tx: Connection, *, limit: int, after: tuple[str, str] | None = None, open_only: bool = False
) -> list[SlotView]:
    """Calendar instants that were recorded, newest first, from the one after `after` (instant as text, job) on; with
    `open_only` those not done yet.
    """
    at, job = after or (None, None)
    parameters = {"limit": limit, "open_only": open_only, "at": at, "job": job}
    return [SlotView(*row) for row in tx.execute(_SLOTS, parameters)]
