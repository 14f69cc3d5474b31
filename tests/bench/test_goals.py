"""Every goal is judged by the size that it names, and by nothing where that was not measured."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report.goals import Goal, goals


def judged(results: dict[str, Any], beginning: str) -> Goal:
    [goal] = [goal for goal in goals(results) if goal.name.startswith(beginning)]
    return goal


def month(accounts: int, us: float, cpu_ratio: float, **more: Any) -> dict[str, Any]:
    pair = {"workers_s": us * accounts / 1e6, "handmade_s": 1.0, "ratio": 1.5, "cpu_ratio": cpu_ratio,
            "workers_cpu_s": 10.0, "handmade_cpu_s": 9.0}  # fmt: skip
    return {"accounts": accounts, "pairs": [pair], "ratio_median": 1.5, "us_per_bill_median": us, **more}


def months(*sizes: dict[str, Any]) -> dict[str, Any]:
    return {"month_close": {"sizes": list(sizes)}}


def test_without_results_no_goal_is_judged():
    found = goals({})
    assert len(found) > 20
    assert {goal.met for goal in found} == {None}
    assert {goal.measured for goal in found} == {"–"}


@pytest.mark.parametrize(
    ("accounts", "ratio", "met"),
    [(100_000, 1.15, True), (100_000, 1.16, False), (1_000_000, 1.2, True), (1_000_000, 1.21, False)],
)
def test_a_month_close_is_judged_by_cpu_time_with_the_clock_beside_it(accounts, ratio, met):
    goal = judged(months(month(accounts, 70.0, ratio)), f"CPU time of a month close of {accounts:,} bills")
    assert (goal.measured, goal.met) == (f"{ratio:g}", met)
    assert goal.beside == f"by the clock 1.5; {1e6 / 70:,.0f} bills/s, {accounts / 10:,.0f} per second of CPU"


def test_a_month_close_whose_cpu_time_was_not_read_is_not_judged():
    size = month(100_000, 70.0, 1.0)
    del size["pairs"][0]["cpu_ratio"], size["pairs"][0]["workers_cpu_s"]
    goal = judged(months(size), "CPU time of a month close of 100,000 bills")
    assert (goal.measured, goal.met, goal.beside) == ("–", None, "by the clock 1.5; 14,286 bills/s")


@pytest.mark.parametrize(
    ("large_us", "measured", "met"), [(73.5, "+5.0%", True), (74.0, "+5.7%", False), (60.0, "-14.3%", True)]
)
def test_a_bill_of_a_large_month_may_cost_a_twentieth_more(large_us, measured, met):
    found = months(month(100_000, 70.0, 1.0), month(1_000_000, large_us, 1.0))
    goal = judged(found, "time per bill")
    assert (goal.measured, goal.met) == (measured, met)
    assert goal.beside == f"{large_us} against 70.0 µs; of CPU 10.0 against 100.0, -90.0%"


@pytest.mark.parametrize(("two_s", "met"), [(5.5, True), (6.0, False)])
def test_two_processes_beside_one_say_on_how_many_cores(two_s, met):
    pairs = [[{"seconds": 10.0, "cpu_s": 9.0}, {"seconds": two_s, "cpu_s": 9.9}]]
    section = {"machine": {"cores": 2}, "accounts": 100_000, "pairs": pairs}
    goal = judged({"scaling": section}, "bills/s of a month close")
    assert (goal.met, goal.beside) == (met, "2 cores, PostgreSQL on them too; CPU time per bill +10%")
    assert judged({"scaling": section | {"accounts": 10_000}}, "bills/s of a month close").met is None


def test_latency_during_a_month_close_is_judged_by_a_million_accounts_alone():
    def found(accounts: str) -> dict[str, Any]:
        case = {"p50_ms": 80.0, "p99_ms": 140.0, "samples": 1_000}
        return {"events": {"latency": {"stream": {f"month close of {accounts}": case}}}}

    name = "top-up by stream to settled, during a month close"
    assert judged(found("100,000"), name).met is None
    goal = judged(found("1,000,000"), name)
    assert (goal.measured, goal.met, goal.beside) == ("140 ms", True, "p50 80 ms, 1,000 top-ups")


@pytest.mark.parametrize(("accounts", "met"), [(20_000, None), (100_000, False)])
def test_a_settlement_that_waits_is_judged_by_a_month_of_100000(accounts, met):
    case = {"completed": {"p50_ms": 900.0, "max_ms": 5_100.0}}
    section = {"waiting": {"accounts": accounts, "idle": case, "month close": case}}
    assert judged({"unified": section}, "top-up to completed settlement, during a month close").met is met
    assert judged({"unified": section}, "top-up to completed settlement, at rest").met is False


@pytest.mark.parametrize(
    ("rows", "most_mb", "met"), [(1_000_000, 230, None), (10_000_000, 220, True), (10_000_000, 221, False)]
)
def test_memory_of_an_import_is_judged_by_ten_million_rows(rows, most_mb, met):
    one = {"rows": rows, "rows_per_s": 9_000, "ratio_median": 0.5, "most_mb": most_mb, "smaller_mb": 200}
    found = {"focus": {"sizes": [one]}}
    assert judged(found, "memory of an import").met is met
    assert judged(found, "rows/s, import").met is True
