"""Beat's schedule: questions asked often. None of them carries a fact, so a lost or doubled one changes nothing.

A tick notices the instants of the calendar jobs as rows (settlement/operations/schedule/tick.py); the entries here
only decide how soon somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from celery.schedules import crontab

from config.settings import Settings
from settlement.model.policies.policy import Policy
from settlement.operations.schedule.tick import CALENDAR_JOBS, CalendarJob
from worker.runtime import policy_of

RELAY_EVERY_S = 2.0
PARTITIONS_EVERY_S = 86_400.0
RECONCILE_EVERY_S = 900.0
# It is done once a local day; asked more often, so that a lost message costs an hour and not the day.
AUDIT_EVERY_S = 3600.0
# How far ahead a job's instants are looked up: a little over a year, so that both sides of a summer time are seen.
LOOK_AHEAD = timedelta(days=400)

Instants = Callable[[datetime, datetime, Policy], list[datetime]]


def _instants(job: CalendarJob) -> Instants:
    def between(after: datetime, until: datetime, policy: Policy) -> list[datetime]:
        return [instant for _, instant in job.between(after, until, policy)]

    return between


JOBS: Mapping[str, Instants] = {job.kind: _instants(job) for job in CALENDAR_JOBS}
"""Every calendar job with the instants, UTC, at which it is owed in (after, until]. Rule: R3.1, R3.3, R3.6."""


def beat_schedule(given: Settings, *, now: datetime | None = None) -> dict[str, dict[str, Any]]:
    """The entries of beat. What is not taken up within its interval expires: an outage leaves no pile of ticks."""
    limits = given.limits
    entries = {
        "tick": _every(limits.tick_every_s, "tasks.upkeep.tick"),
        "sweep": _every(limits.sweep_every_s, "tasks.events.drain"),
        "relay": _every(RELAY_EVERY_S, "tasks.upkeep.relay"),
        "collect": _every(limits.tick_every_s, "tasks.collection.look"),
        "charges": _every(given.collection.every_s, "tasks.collection.send"),
        "refunds": _every(given.collection.every_s, "tasks.collection.refunds"),
        "hints": _every(given.collection.every_s, "tasks.collection.hints"),
        "reconcile": _every(RECONCILE_EVERY_S, "tasks.collection.reconcile"),
        "audit": _every(AUDIT_EVERY_S, "tasks.upkeep.audit"),
        "partitions": _every(PARTITIONS_EVERY_S, "tasks.upkeep.partitions"),
    }
    for job, instants in JOBS.items():
        start = now or datetime.now(UTC)
        entries[f"hint-{job}"] = _at(
            instants(start, start + LOOK_AHEAD, policy_of(given)), "tasks.upkeep.tick"
        )
    return entries


def _every(seconds: float, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": timedelta(seconds=seconds), "options": {"expires": seconds * 0.9}}


def _at(instants: list[datetime], task: str) -> dict[str, Any]:
    """A tick at the announced minute: it spares up to one interval of waiting and may as well be lost.

    Days, hours and minutes are those of the coming year; where they differ (summer time) the combinations are
    asked too, which costs a question.
    """
    return {
        "task": task,
        "schedule": crontab(
            minute=_values(instant.minute for instant in instants),
            hour=_values(instant.hour for instant in instants),
            day_of_month=_values(instant.day for instant in instants),
        ),
        "options": {"expires": 50},
    }


def _values(numbers: Any) -> str:
    return ",".join(map(str, sorted(set(numbers))))
