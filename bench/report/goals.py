"""The goals of the benchmarks, and what results say about each."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from bench.events.table import DOORS
from bench.report.growth import Cost, costs
from bench.report.scaling import speed_up

# The size at which the goal of the month close is set, and the size at which a bill must not cost more.
GOAL_ACCOUNTS = 100_000
LARGE_ACCOUNTS = 1_000_000
# As many bills as one unified settlement lists.
UNIFIED_BILLS = 10_000
# Rows of an export by whose import memory is judged.
LARGE_ROWS = 10_000_000
# CPU time of a bill as a multiple of hand-made SQL, by accounts.
_CPU_RATIOS = {GOAL_ACCOUNTS: 1.15, LARGE_ACCOUNTS: 1.2}
# Sent to settled by the stream, p99 in milliseconds: when, in words and as results call it.
_BY_STREAM = (
    ("idle", "idle", 25),
    ("at half load", "half load", 100),
    (f"during a month close of {LARGE_ACCOUNTS:,}", f"month close of {LARGE_ACCOUNTS:,}", 150),
)


class Goal(NamedTuple):
    """A goal with what was measured; `met` is None where this run says nothing about it.

    `beside` holds figures that are no part of the goal and say more of it: rates, and what the clock showed.
    """

    name: str
    wanted: str
    measured: str
    beside: str
    met: bool | None


def goals(results: dict[str, Any]) -> list[Goal]:
    """Every goal, as far as the results say something about it."""
    return [
        *_month_close_goals(results.get("month_close", {})),
        *_scaling_goals(results.get("scaling", {})),
        *_event_goals(results.get("events", {})),
        *_large_goals(results),
        *_unified_goals(results.get("unified", {})),
        *_focus_goals(results.get("focus", {})),
    ]


def _month_close_goals(section: dict[str, Any]) -> Iterator[Goal]:
    by_size = {size["accounts"]: size for size in section.get("sizes", ())}
    usual, large = by_size.get(GOAL_ACCOUNTS, {}), by_size.get(LARGE_ACCOUNTS, {})
    for accounts, limit in _CPU_RATIOS.items():
        size = by_size.get(accounts, {})
        yield _at_most(
            f"CPU time of a month close of {accounts:,} bills ÷ hand-made SQL", limit, cpu_ratio(size),
            beside=_of_month_close(size) if size else "",
        )  # fmt: skip
    times = usual.get("one_transaction_per_bill", {}).get("times_as_fast")
    yield _at_least("one transaction per bill with an ORM ÷ month close", 20, times)
    change = _more(large["us_per_bill_median"], usual["us_per_bill_median"]) if usual and large else None
    yield Goal(
        f"time per bill at {LARGE_ACCOUNTS:,} against {GOAL_ACCOUNTS:,}", "≤ 5 % more",
        "–" if change is None else f"{change:+.1%}",
        "" if change is None else _against(costs({"sizes": [usual, large]})),
        change if change is None else change <= 0.05,
    )  # fmt: skip
    memory = max(
        (size.get("worker_memory", {}).get("largest_mb", 0.0) for size in by_size.values()), default=0.0
    )
    yield _at_most("memory of each worker process", 150, memory or None, ".0f", " MB")


def cpu_ratio(size: dict[str, Any]) -> float | None:
    """The median of the pairs of a month close; None where CPU time was not read."""
    ratios = [pair["cpu_ratio"] for pair in size.get("pairs", ()) if "cpu_ratio" in pair]
    return round(statistics.median(ratios), 2) if ratios else None


def _against(found: list[Cost]) -> str:
    small, large = found
    words = f"{large.workers_us:.1f} against {small.workers_us:.1f} µs"
    if small.workers_cpu_us is None or large.workers_cpu_us is None:
        return words
    change = _more(large.workers_cpu_us, small.workers_cpu_us)
    return f"{words}; of CPU {large.workers_cpu_us:.1f} against {small.workers_cpu_us:.1f}, {change:+.1%}"


def _of_month_close(size: dict[str, Any]) -> str:
    [cost] = costs({"sizes": [size]})
    words = f"by the clock {size['ratio_median']:g}; {1e6 / cost.workers_us:,.0f} bills/s"
    return f"{words}, {1e6 / cost.workers_cpu_us:,.0f} per second of CPU" if cost.workers_cpu_us else words


def _scaling_goals(section: dict[str, Any]) -> Iterator[Goal]:
    found = speed_up(section) if section.get("accounts") == GOAL_ACCOUNTS else None
    beside = ""
    if found is not None:
        cores = section["machine"]["cores"]
        beside = f"{cores} cores, PostgreSQL on them too; CPU time per bill {found.cpu_change:+.0%}"
    yield _at_least(
        f"bills/s of a month close of {GOAL_ACCOUNTS:,}, 2 worker processes ÷ 1",
        1.8,
        found and found.ratio,
        beside=beside,
    )


def _event_goals(section: dict[str, Any]) -> Iterator[Goal]:
    throughput, latency = section.get("throughput", {}), section.get("latency", {})
    for door in DOORS:
        figures = throughput.get(door.name, {})
        beside = f"{figures['per_s']:,.0f} top-ups/s" if figures else ""
        name = f"top-ups/s, {door.words} ÷ no-op tasks/s"
        yield _at_least(name, door.wanted, figures.get("ratio_to_noop"), beside=beside)
    for words, case, limit in _BY_STREAM:
        figures = latency.get("stream", {}).get(case, {})
        yield _latency_goal(f"top-up by stream to settled, {words}, p99", limit, figures)
    yield _latency_goal("top-up by HTTP to settled, idle, p99", 50, latency.get("http_1", {}).get("idle", {}))


def _latency_goal(name: str, limit: float, figures: dict[str, Any]) -> Goal:
    beside = f"p50 {figures['p50_ms']:g} ms, {figures['samples']:,} top-ups" if figures else ""
    return _at_most(name, limit, figures.get("p99_ms"), unit=" ms", beside=beside)


def _large_goals(results: dict[str, Any]) -> Iterator[Goal]:
    """Those that are set at a million, where so many were measured."""
    threshold, overdue, audit, console = (
        results.get(name, {}) for name in ("threshold", "overdue", "audit", "console")
    )
    yield _at_most(
        f"accounts over their threshold among {LARGE_ACCOUNTS:,} ÷ the same rows by primary key", 2,
        threshold["ratio_median"] if threshold.get("accounts") == LARGE_ACCOUNTS else None,
    )  # fmt: skip
    # About so many bills: accounts have two, or one.
    seconds = audit["seconds_median"] if audit.get("bills", 0) >= LARGE_ACCOUNTS * 0.95 else None
    beside = "" if seconds is None else f"{audit['bills'] / seconds:,.0f} bills/s, {audit['checks']} checks"
    yield _at_most(f"audit of {LARGE_ACCOUNTS:,} bills", 20, seconds, ".1f", " s", beside=beside)
    so_many = overdue.get("bills") == LARGE_ACCOUNTS
    yield _at_most(
        f"daily check of {LARGE_ACCOUNTS:,} bills that become overdue ÷ one hand-made statement", 1.5,
        overdue["ratio_median"] if so_many else None,
        beside=f"{overdue['bills'] / overdue['check_s']:,.0f} bills/s" if so_many else "",
    )  # fmt: skip
    slowest = console["p95_worst_ms"] if console.get("bills", 0) >= LARGE_ACCOUNTS * 0.95 else None
    yield _at_most(
        f"overview and lists of {LARGE_ACCOUNTS:,} bills at the console, p95", 300, slowest, unit=" ms"
    )


def _unified_goals(section: dict[str, Any]) -> Iterator[Goal]:
    so_many = section.get("bills") == UNIFIED_BILLS
    took = section["pay_worst_s"] if so_many else None
    beside = f"{UNIFIED_BILLS / section['pay_s']:,.0f} bills/s in the median" if so_many else ""
    yield _at_most(f"unified settlement of {UNIFIED_BILLS:,} bills", 10, took, unit=" s", beside=beside)
    yield _at_most(
        f"CPU time of a unified settlement of {UNIFIED_BILLS:,} bills ÷ hand-made SQL", 2,
        section.get("cpu_ratio_median") if so_many else None,
        beside=f"by the clock {section['ratio_median']:g}" if so_many else "",
    )  # fmt: skip
    waiting = section.get("waiting", {})
    so_large = waiting.get("accounts") == GOAL_ACCOUNTS
    yield _waiting_goal("at rest", 0.3, waiting.get("idle"))
    yield _waiting_goal(
        f"during a month close of {GOAL_ACCOUNTS:,}", 5, waiting["month close"] if so_large else None
    )


def _waiting_goal(words: str, limit_s: float, case: dict[str, Any] | None) -> Goal:
    completed = case["completed"] if case else {}
    beside = f"p50 {completed['p50_ms']:,g} ms" if completed else ""
    longest = completed["max_ms"] / 1000 if completed else None
    name = f"top-up to completed settlement, {words}, longest"
    return _at_most(name, limit_s, longest, ".2f", " s", beside=beside)


def _focus_goals(section: dict[str, Any]) -> Iterator[Goal]:
    """Memory is flat where ten times as many rows take no more than a tenth more of it."""
    by_rows = {size["rows"]: size for size in section.get("sizes", ())}
    largest = by_rows[max(by_rows)] if by_rows else {}
    beside = f"{largest['rows_per_s']:,} rows/s, {largest['rows']:,} rows" if largest else ""
    name = "rows/s, import of a FOCUS export ÷ reading it with pyarrow and COPY"
    yield _at_least(name, 0.5, largest.get("ratio_median"), beside=beside)
    large = by_rows.get(LARGE_ROWS)
    grown = _more(large["most_mb"], large["smaller_mb"]) if large else None
    yield Goal(
        f"memory of an import of {LARGE_ROWS:,} against {LARGE_ROWS // 10:,} rows", "≤ 10 % more",
        "–" if grown is None else f"{grown:+.0%}", f"{large['most_mb']:g} MB" if large else "",
        None if grown is None else grown <= 0.1,
    )  # fmt: skip


def _more(one: float, other: float) -> float:
    """By which share one is more than the other, to a thousandth."""
    return round(one / other - 1, 3)


def _at_most(
    name: str, limit: float, value: float | None, form: str = "g", unit: str = "", beside: str = ""
) -> Goal:
    return _goal(name, f"≤ {limit:g}{unit}", value, lambda found: found <= limit, form + unit, beside)


def _at_least(name: str, limit: float, value: float | None, beside: str = "") -> Goal:
    return _goal(name, f"≥ {limit:g}", value, lambda found: found >= limit, "g", beside)


def _goal(
    name: str, wanted: str, value: float | None, is_met: Callable[[float], bool], form: str, beside: str
) -> Goal:
    """A goal whose measured value is written in `form`, a format and a unit; without a value nothing is said."""
    if value is None:
        return Goal(name, wanted, "–", beside, None)
    written, blank, unit = form.partition(" ")
    return Goal(name, wanted, f"{value:{written}}{blank}{unit}", beside, is_met(value))
