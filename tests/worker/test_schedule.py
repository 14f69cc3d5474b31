"""What beat schedules: entries named for it, at the instants of the calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery import Celery

import tasks.collection
import tasks.events
import tasks.month_close
import tasks.upkeep  # noqa: F401 - declared by being imported
from config.collection import CollectionSettings
from config.settings import BillingSettings, Settings
from settlement.operations.schedule.calendar_jobs import CALENDAR_JOBS, KINDS
from settlement.rules.days import days_between
from worker.app import configuration
from worker.policies.policy import policy_of
from worker.schedule import beat_schedule
from worker.task import declared

ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]


def _given(**billing: Any) -> Settings:
    return Settings(billing=BillingSettings(**billing))


@pytest.fixture
def client() -> Iterator[Celery]:
    made = Celery("test", set_as_current=False)
    yield made
    made.close()


def test_a_message_that_nobody_took_is_gone_before_the_next_one_comes() -> None:
    for entry in beat_schedule(Settings()).values():
        schedule = entry["schedule"]
        interval_s = schedule.total_seconds() if isinstance(schedule, timedelta) else 60
        assert 0 < entry["options"]["expires"] < interval_s


def test_every_entry_is_a_question_without_arguments_for_a_task_that_exists() -> None:
    entries = beat_schedule(Settings())
    assert {entry["task"] for entry in entries.values()} <= set(declared)
    assert not any("args" in entry or "kwargs" in entry for entry in entries.values())


def test_every_task_that_asks_what_is_owed_is_scheduled() -> None:
    by_message_alone = {
        "tasks.events.receive", "tasks.events.settlements", "tasks.month_close.work", "tasks.upkeep.start",
    }  # fmt: skip
    scheduled = {entry["task"] for entry in beat_schedule(Settings()).values()}
    assert set(declared) == scheduled | by_message_alone


@pytest.mark.parametrize("zone", ZONES)
def test_every_instant_of_the_calendar_is_the_minute_of_a_crontab(client: Celery, zone: str) -> None:
    given = _given(zone=ZoneInfo(zone), issue_day=28, issue_time=time(9, 30))
    client.conf.update(configuration(given, "redis://127.0.0.1:1/0"))
    crontabs = [
        entry["schedule"]
        for entry in beat_schedule(given).values()
        if not isinstance(entry["schedule"], timedelta)
    ]
    assert len(crontabs) == len(KINDS)
    crontab = crontabs[0]
    assert all(other == crontab for other in crontabs)
    now = datetime(2026, 1, 15, tzinfo=UTC)
    crontab.app, crontab.nowfun = client, lambda: now
    policy, after, until = policy_of(given), now, datetime(2028, 3, 1, tzinfo=UTC)
    for instants in (
        [instant for _, instant in CALENDAR_JOBS[1].between(after, until, policy)],
        [instant for _, instant in CALENDAR_JOBS[0].between(after, until, policy)],
        days_between(after, until, policy.zone),
    ):
        assert len(instants) > 24
        for instant in instants:
            now = instant
            assert crontab.remaining_estimate(instant - timedelta(seconds=1)) == timedelta(0), instant


def test_beat_schedules_the_same_whatever_settings_that_move_money_its_environment_has() -> None:
    other = Settings(
        billing=BillingSettings(zone=ZoneInfo("Europe/Berlin"), issue_day=5, issue_time=time(9, 30)),
        collection=CollectionSettings(sweep_time=time(22, 0)),
    )
    assert beat_schedule(other) == beat_schedule(Settings())
    broker = "redis://127.0.0.1:1/0"
    assert configuration(other, broker)["timezone"] == configuration(Settings(), broker)["timezone"]


def test_the_documentation_lists_the_entries_with_their_times() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
    section = page.partition("## What beat schedules")[2].partition("\n## ")[0]
    listed = dict(re.findall(r"^\| `([a-z-]+)` \| (?:`([^`]*)`)?", section, re.MULTILINE))
    entries = beat_schedule(Settings())
    assert list(listed) == list(entries)
    for name, crontab in listed.items():
        schedule = entries[name]["schedule"]
        assert crontab == "" or crontab in repr(schedule), name
