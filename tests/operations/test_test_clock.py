"""The test clock begins where nothing is done yet, and moves forwards only."""

from __future__ import annotations

import pytest

from settlement.errors import Refused
from settlement.operations import test_clock as clock
from tests.support.builders import utc


def test_it_begins_before_nothing_that_is_on_record_as_done(world):
    """Days up to the real one would count as done, and their months would never be issued."""
    world.at("2026-11-29 08:00").tick()
    latest = world.one("SELECT max(logical_at) FROM schedule_slot")
    with pytest.raises(Refused, match="on record by the real clock") as refusal:
        clock.move(world.store, utc("2026-03-05 04:00"))
    assert refusal.value.code == "clock_backwards"
    assert clock.read(world.store) is None
    clock.move(world.store, latest)
    assert clock.read(world.store) == latest


def test_begun_in_the_past_it_leaves_nothing_done_that_is_not(world):
    clock.move(world.store, utc("2026-03-05 04:00"))
    world.at("2026-03-05 04:00").open("a", opening_cash="10.00")
    world.fee("a", "5", incurred_at="2026-03-05T03:00:00Z")
    world.tick()
    world.at("2026-04-02 04:00").tick()
    assert world.bills("a")[202603] == ("settled", 500, 500)
    assert world.faults() == 0


def test_it_stands_still_and_moves_forwards_only(world):
    assert clock.read(world.store) is None
    for _ in range(2):
        clock.move(world.store, utc("2026-11-02 04:00"))
        assert clock.read(world.store) == utc("2026-11-02 04:00")
    with pytest.raises(Refused) as refusal:
        clock.move(world.store, utc("2026-11-02 03:59"))
    assert refusal.value.code == "clock_backwards"
