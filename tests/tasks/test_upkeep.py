"""The tick as a task."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat
from types import SimpleNamespace

import pytest

from config.settings import Settings
from settlement.operations.inbox.drain import DrainLimits
from settlement.operations.schedule.month_close import MonthCloseLimits
from tasks import upkeep
from tests.support.builders import POLICY, utc
from tests.support.world import World


def test_one_tick_is_about_one_instant(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may stand still between two of its questions, and the second is not answered ahead of the first."""
    clock = chain([utc("2026-10-30 18:00"), utc("2026-10-31 14:59")], repeat(utc("2026-10-31 16:00")))
    stopped = SimpleNamespace(
        store=world.store,
        now=lambda: next(clock),
        policy=POLICY,
        month_close_limits=MonthCloseLimits(),
        drain_limits=DrainLimits(),
        settings=Settings(),
    )
    monkeypatch.setattr(upkeep, "runtime", lambda: stopped)
    world.open("a")
    world.fee("a", "12.00")

    upkeep.tick()
    upkeep.tick()

    checked = world.rows("SELECT max(logical_at) FROM schedule_slot WHERE job = 'daily_check'")
    assert checked == [(utc("2026-10-30 16:00"),)]


def test_what_waited_behind_an_instant_is_drained_as_soon_as_it_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = SimpleNamespace(
        store=world.store, now=lambda: world.now, policy=POLICY, month_close_limits=MonthCloseLimits(),
        drain_limits=DrainLimits(), settings=Settings(),
    )  # fmt: skip
    monkeypatch.setattr(upkeep, "runtime", lambda: process)
    nudges: list[str] = []
    monkeypatch.setattr(upkeep, "nudge", lambda name, *_, **__: nudges.append(name))

    upkeep.tick()

    assert nudges[-1] == "tasks.events.drain"


@pytest.mark.parametrize(
    ("entry", "before", "instant", "job"),
    [
        (upkeep.issue_bills, "2026-11-02 03:59:59", "2026-11-02 04:00", "month_close"),
        (upkeep.sweep_month, "2026-10-31 14:59:59", "2026-10-31 15:00", "month_end_sweep"),
        (upkeep.check_day, "2026-10-30 15:59:59", "2026-10-30 16:00", "daily_check"),
    ],
)
def test_an_entry_of_beat_begins_its_own_job_in_its_minute_and_not_before(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    entry: Callable[[], None],
    before: str,
    instant: str,
    job: str,
) -> None:
    process = SimpleNamespace(
        store=world.store, now=lambda: world.now, policy=POLICY, month_close_limits=MonthCloseLimits(),
        drain_limits=DrainLimits(), settings=Settings(),
    )  # fmt: skip
    monkeypatch.setattr(upkeep, "runtime", lambda: process)
    monkeypatch.setattr(upkeep, "nudge", lambda *_, **__: None)
    world.open("a")
    world.fee("a", "12.00")
    world.tick()
    world.at(before)
    world.tick()
    known = world.rows("SELECT count(*) FROM schedule_slot")
    entry()
    assert world.rows("SELECT count(*) FROM schedule_slot") == known

    world.at(instant)
    entry()

    found = world.rows("SELECT job FROM schedule_slot WHERE logical_at = :at", at=utc(instant))
    assert found == [(job,)]


def test_another_scheduler_starts_work_by_name_once_and_not_before_its_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.open("a")
    world.fee("a", "12.00")
    process = SimpleNamespace(
        store=world.store, now=lambda: world.now, policy=POLICY, month_close_limits=MonthCloseLimits()
    )
    monkeypatch.setattr(upkeep, "runtime", lambda: process)
    woken: list[object] = []
    monkeypatch.setattr(upkeep, "wake_for", lambda *started: woken.append(started))

    upkeep.start("month_close", "2026-10")
    upkeep.start("nonsense", "2026-10")
    assert world.rows("SELECT count(*) FROM run") == [(0,)]
    world.at("2026-11-02 04:00")
    upkeep.start("month_close", "2026-10")
    upkeep.start("month_close", "2026-10", ["a"])

    assert world.rows("SELECT count(*) FROM run") == [(1,)]
    assert len(woken) == 2
    assert world.rows("SELECT state FROM bill") == [("unsettled",)]
