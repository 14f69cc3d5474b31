"""The jobs of the calendar: which instants of theirs there are, and which of those are noticed. Rule: R3.6."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.model.runs import DAILY_CHECK, MONTH_CLOSE, SWEEP, RunKind
from settlement.rules.calendar import issuance_at, issuances_between, issued_cycle_at
from settlement.rules.days import day_begins_at, day_of, days_between
from settlement.rules.sweep import sweep_at, sweeps_between, swept_cycle_at
from settlement.storage.work import slots


class CalendarJob(NamedTuple):
    """A run owed once a month: of which cycle an instant is, when a cycle's instant is, and those between two."""

    kind: RunKind
    cycle_at: Callable[[datetime, Policy], Cycle]
    instant_of: Callable[[Cycle, Policy], datetime]
    between: Callable[[datetime, datetime, Policy], list[tuple[Cycle, datetime]]]


MONTH_CLOSE_JOB = CalendarJob(MONTH_CLOSE, issued_cycle_at, issuance_at, issuances_between)
SWEEP_JOB = CalendarJob(SWEEP, swept_cycle_at, sweep_at, sweeps_between)
CALENDAR_JOBS = (SWEEP_JOB, MONTH_CLOSE_JOB)
KINDS: tuple[str, ...] = (*(job.kind for job in CALENDAR_JOBS), DAILY_CHECK)


def unnoticed(tx: Connection, kind: str, at: datetime, policy: Policy) -> list[datetime]:
    """Instants of a job after the last one noticed, up to `at` (UTC), oldest first; none while none ever was."""
    known = slots.last(tx, kind)
    return [] if known is None else instants_after(known, kind, at, policy)


def instants_after(known: datetime, kind: str, at: datetime, policy: Policy) -> list[datetime]:
    """Instants of a job after `known`, up to `at` (UTC), oldest first."""
    if kind == DAILY_CHECK:
        return days_between(known, at, policy.at(at).zone)
    job = next(job for job in CALENDAR_JOBS if job.kind == kind)
    return [instant for _, instant in job.between(known, at, policy)]


def notice(tx: Connection, kind: str, until: datetime, *, at: datetime, policy: Policy) -> None:
    """Records every instant of a job up to `until` as owed, noticed at `at`.

    A new system begins its days with the one that it is, its runs with the oldest bill that waits, else with the next.
    """
    instants = unnoticed(tx, kind, until, policy)
    if not instants and slots.last(tx, kind) is None:
        instants = _beginning(tx, kind, until, at, policy)
    slots.notice(tx, kind, instants, at=at)


def _beginning(tx: Connection, kind: str, until: datetime, at: datetime, policy: Policy) -> list[datetime]:
    if kind == DAILY_CHECK:
        zone = policy.at(at).zone
        today = day_begins_at(day_of(at, zone), zone)
        return [today] if today <= until else []
    oldest = slots.oldest_accruing_cycle(tx)
    return [] if oldest is None else instants_since_bill(oldest, kind, until, policy)


def instants_since_bill(oldest: Cycle, kind: str, until: datetime, policy: Policy) -> list[datetime]:
    """Instants of a run's job up to `until` (UTC), from that of the cycle `oldest` on, oldest first."""
    job = next(job for job in CALENDAR_JOBS if job.kind == kind)
    if (first := job.instant_of(oldest, policy)) > until:
        return []
    return [first, *(instant for _, instant in job.between(first, until, policy))]
