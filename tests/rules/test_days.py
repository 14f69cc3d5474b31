"""When local days begin. Rule: R3.5."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from settlement.rules.days import days_between
from tests.support.builders import utc


def test_every_local_day_begins_once_also_where_the_clock_is_moved():
    berlin = ZoneInfo("Europe/Berlin")
    found = days_between(utc("2026-03-28 12:00"), utc("2026-03-31 12:00"), berlin)
    assert found == [utc("2026-03-28 23:00"), utc("2026-03-29 22:00"), utc("2026-03-30 22:00")]
    assert days_between(found[0], found[0], berlin) == []
    assert days_between(found[0] - timedelta(microseconds=1), found[0], berlin) == [found[0]]
