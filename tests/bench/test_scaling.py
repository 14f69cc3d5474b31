"""Month closes of several sizes, and with several processes: that they are what they are called. No times."""

from __future__ import annotations

import pytest

from bench.month_close import growth, measure, scaling
from bench.month_close.rows import WRITTEN
from bench.place.place import Place
from bench.report.growth import costs
from bench.report.scaling import speed_up, sweep


@pytest.fixture
def whole_place(place: Place, valkey: str) -> Place:
    """With a broker, for real workers."""
    return Place(place.server, valkey, place.folder, place.progress)


def test_small_months_are_closed_more_often_than_large_ones():
    assert list(growth.sizes(1_000, 3_000_000)) == [
        (1_000, 10), (3_000, 10), (10_000, 10), (30_000, 10), (100_000, 3), (300_000, 1),
        (1_000_000, 1), (3_000_000, 1),
    ]  # fmt: skip
    assert list(growth.sizes(3_000, 99_999, 2)) == [(3_000, 2), (10_000, 2), (30_000, 2)]


def test_a_cost_is_the_median_by_the_clock_and_the_mean_of_cpu_time():
    pairs = [
        {"workers_s": workers, "handmade_s": 0.1, "workers_cpu_s": cpu, "handmade_cpu_s": 0.05}
        for workers, cpu in ((0.2, 0.10), (0.9, 0.20), (0.3, 0.30))
    ]
    [cost] = costs({"sizes": [{"accounts": 1_000, "pairs": pairs}]})
    assert (cost.workers_us, cost.handmade_us, cost.repeats) == (300.0, 100.0, 3)
    assert (cost.workers_cpu_us, cost.handmade_cpu_us) == (200.0, 50.0)
    [cost] = costs({"sizes": [{"accounts": 1_000, "pairs": [{"workers_s": 1.0, "handmade_s": 1.0}]}]})
    assert (cost.workers_cpu_us, cost.handmade_cpu_us) == (None, None)


@pytest.mark.slow
def test_one_two_and_four_processes_leave_the_same_rows(whole_place: Place):
    found = scaling.measure(whole_place, 300, repeats=1, rounds=1, range_sizes=[50], processes=[4], seed=1)
    assert [[one["processes"] for one in pair] for pair in found["pairs"]] == [[1, 2]]
    assert speed_up(found) is not None
    assert [(cell.range_size, cell.processes) for cell in sweep(found)] == [(50, 4)]
    assert all(cell.bills_per_s > 0 and cell.cores > 0 for cell in sweep(found))


def test_two_month_closes_that_differ_end_the_benchmark(place: Place, monkeypatch: pytest.MonkeyPatch):
    left = iter([dict.fromkeys(WRITTEN, (1, text)) for text in ("5", "6")])
    monkeypatch.setattr(scaling, "close_by_workers", lambda *_, **__: measure.Closed(1.0, 1.0, {}))
    monkeypatch.setattr(scaling, "fingerprint", lambda _: next(left))
    with pytest.raises(measure.NotTheSameError, match="ranges of 2,000, processes: 2"):
        scaling.measure(place, 20, repeats=1, rounds=1, range_sizes=[], processes=[], seed=1)
