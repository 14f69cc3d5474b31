"""Beat's schedule, its entries named for what they schedule: questions, of which none carries a fact.

What is owed is kept as rows (settlement/operations/schedule/tick.py), so a lost, late or doubled entry changes nothing.
Which instants the calendar has is in the database (settings that move money), so beat knows none: as every minute
begins it asks for each calendar job whether one has come, which starts the job in its announced minute, and `catch-up`
starts whatever that did not.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

from config.settings import Settings

RELAY_EVERY_S = 2.0
DELIVER_EVERY_S = 2.0
FORGET_EVERY_S = 3600.0
PARTITIONS_EVERY_S = 86_400.0
RECONCILE_EVERY_S = 900.0
# It is done once a local day; asked more often, so that a lost message costs an hour and not the day.
AUDIT_EVERY_S = 3600.0
SUMS_EVERY_S = 60.0
# A crontab comes once a minute at most.
CRONTAB_EXPIRES_S = 50.0


def beat_schedule(given: Settings) -> dict[str, dict[str, Any]]:
    """The entries of beat. What is not taken up within its interval expires: an outage leaves no pile of messages.

    Rule: R3.1, R3.3, R3.5, R3.6.
    """
    limits, collection = given.limits, given.collection
    return {
        "issue-bills": _every_minute("tasks.upkeep.issue_bills"),
        "month-end-sweep": _every_minute("tasks.upkeep.sweep_month"),
        "overdue-check": _every_minute("tasks.upkeep.check_day"),
        "catch-up": _every(limits.tick_every_s, "tasks.upkeep.tick"),
        "check-thresholds": _every(limits.tick_every_s, "tasks.collection.look"),
        "drain-inbox": _every(limits.sweep_every_s, "tasks.events.drain"),
        "relay-outbox": _every(RELAY_EVERY_S, "tasks.upkeep.relay"),
        "deliver-webhooks": _every(DELIVER_EVERY_S, "tasks.upkeep.deliver"),
        "forget-deliveries": _every(FORGET_EVERY_S, "tasks.upkeep.forget"),
        "send-charges": _every(collection.every_s, "tasks.collection.send"),
        "send-refunds": _every(collection.every_s, "tasks.collection.refunds"),
        "read-webhooks": _every(collection.every_s, "tasks.collection.hints"),
        "reconcile-gateways": _every(RECONCILE_EVERY_S, "tasks.collection.reconcile"),
        "audit-books": _every(AUDIT_EVERY_S, "tasks.upkeep.audit"),
        "count-bills": _every(SUMS_EVERY_S, "tasks.upkeep.sums"),
        "make-partitions": _every(PARTITIONS_EVERY_S, "tasks.upkeep.partitions"),
    }


def _every_minute(task: str) -> dict[str, Any]:
    return {"task": task, "schedule": crontab(), "options": {"expires": CRONTAB_EXPIRES_S}}


def _every(seconds: float, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": timedelta(seconds=seconds), "options": {"expires": seconds * 0.9}}
