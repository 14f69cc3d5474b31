"""The seed decides what is sent and what goes wrong, and nothing else does."""

from __future__ import annotations

from collections import Counter

from chaos.schedule import CLOCK, FULL, SMALL, WEIGHTS, Calendar, schedule
from chaos.workload import Workload

CALENDAR = Calendar(3)


def test_the_seed_decides_the_schedule():
    assert schedule(7, 200, CALENDAR) == schedule(7, 200, CALENDAR)
    assert schedule(7, 200, CALENDAR) != schedule(8, 200, CALENDAR)


def test_every_kind_of_fault_comes_and_the_clock_goes_over_every_instant():
    plan = schedule(1, 200, CALENDAR)
    assert len(plan) == 200
    assert set(WEIGHTS) <= {fault.kind for fault in plan}
    moves = Counter(fault.kind for fault in plan if fault.kind.startswith(CLOCK))
    assert moves == {f"{CLOCK} {what}": 3 for what in ("sweep", "month end", "issuance")}
    assert [fault.at for fault in plan] == sorted(fault.at for fault in plan)


def test_a_fault_hits_a_worker_that_there_is():
    for workers in (FULL, SMALL):
        hit = {fault.target for fault in schedule(3, 300, CALENDAR, workers) if fault.kind == "kill worker"}
        assert hit == set(workers)


def test_the_seed_decides_what_is_sent():
    one, same, other = (Workload(seed, 2000, CALENDAR) for seed in (5, 5, 6))
    assert one.units() == same.units()
    assert [one.event(number) for number in range(50)] == [same.event(number) for number in range(50)]
    assert one.units() != other.units()


def test_every_event_is_sent_one_to_three_times_by_every_door_and_in_bulk():
    workload = Workload(1, 3000, CALENDAR)
    units = workload.units()
    copies = Counter(number for unit in units for number in unit.events)
    assert set(copies) == set(range(workload.total))
    assert set(copies.values()) == {1, 2, 3}
    assert {unit.door for unit in units} == {"sql", "stream", "name"}
    assert max(len(unit.events) for unit in units) > 20
    assert [number for unit in units for number in unit.events] != sorted(copies.elements())
    by_name_alone = {number for unit in units if unit.door != "name" for number in unit.events}
    assert set(range(workload.total)) - by_name_alone == set(range(workload.events, workload.total))
