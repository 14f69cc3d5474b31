"""Beat says what it schedules."""

from __future__ import annotations

from pathlib import Path

import structlog
from celery import Celery

from config.settings import Settings
from worker.app import configuration
from worker.celery.beat import Scheduler


def test_what_beat_schedules_can_be_read_off_its_start(tmp_path: Path) -> None:
    client = Celery("test", set_as_current=False)
    client.conf.update(configuration(Settings(), "redis://127.0.0.1:1/0"))
    with structlog.testing.capture_logs() as lines:
        Scheduler(client, schedule_filename=str(tmp_path / "schedule")).close()
    read = {line["entry"]: (line["scheduled_task"], line["when"]) for line in lines if "entry" in line}
    assert set(read) == {
        "issue-bills", "month-end-sweep", "overdue-check", "catch-up", "check-thresholds", "drain-inbox",
        "relay-outbox", "send-charges", "send-refunds", "read-webhooks", "reconcile-gateways", "audit-books",
        "make-partitions", "deliver-webhooks", "forget-deliveries", "count-bills",
    }  # fmt: skip
    assert read["issue-bills"] == ("tasks.upkeep.issue_bills", "* * * * * UTC")
    assert read["drain-inbox"] == ("tasks.events.drain", "every 3 s")
    client.close()
