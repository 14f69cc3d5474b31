"""The goals of the benchmarks, and what results say about each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from bench.events.table import DOORS

# The size at which the goal of the month close is set, and the size at which a bill must not cost more.
GOAL_ACCOUNTS = 100_000
LARGE_ACCOUNTS = 1_000_000
# As many bills as one unified settlement lists.
UNIFIED_BILLS = 10_000


class Goal(NamedTuple):
    """A goal with what was measured; `met` is None where this run says nothing about it."""

    name: str
    wanted: str
    measured: str
    met: bool | None


def goals(results: dict[str, Any]) -> list[Goal]:
    """Every goal, as far as the results say something about it."""
    return [
        *_month_close_goals(results.get("month_close", {})),
        *_event_goals(results.get("events", {})),
        *_large_goals(results),
        *_unified_goals(results.get("unified", {})),
        *_focus_goals(results.get("focus", {})),
    ]


def _month_close_goals(section: dict[str, Any]) -> Iterator[Goal]:
    by_size = {size["accounts"]: size for size in section.get("sizes", ())}
    usual, large = by_size.get(GOAL_ACCOUNTS, {}), by_size.get(LARGE_ACCOUNTS, {})
    yield _at_most(f"month close of {GOAL_ACCOUNTS:,} bills ÷ hand-made SQL", 1.5, usual.get("ratio_median"))
    times = usual.get("one_transaction_per_bill", {}).get("times_as_fast")
    yield _at_least("one transaction per bill with an ORM ÷ month close", 20, times)
    change = large["us_per_bill_median"] / usual["us_per_bill_median"] - 1 if usual and large else None
    yield Goal(
        f"time per bill at {LARGE_ACCOUNTS:,} against {GOAL_ACCOUNTS:,}", "within 10 %",
        "–" if change is None else f"{change:+.0%}", change if change is None else abs(change) <= 0.10,
    )  # fmt: skip
    memory = max(
        (size.get("worker_memory", {}).get("largest_mb", 0.0) for size in by_size.values()), default=0.0
    )
    yield _at_most("memory of each worker process", 250, memory or None, ".0f", " MB")


def _event_goals(section: dict[str, Any]) -> Iterator[Goal]:
    for door in DOORS:
        ratio = section.get("throughput", {}).get(door.name, {}).get("ratio_to_noop")
        yield _at_least(f"top-ups/s, {door.words} ÷ no-op tasks/s", door.wanted, ratio)
    idle = section.get("latency", {}).get("http_1", {}).get("idle", {}).get("p99_ms")
    yield _at_most("top-up by HTTP to settled, idle, p99", 50, idle, unit=" ms")


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
    yield _at_most(f"audit of {LARGE_ACCOUNTS:,} bills", 20, seconds, ".1f", " s")
    yield _at_most(
        f"daily check of {LARGE_ACCOUNTS:,} bills that become overdue ÷ one hand-made statement", 1.5,
        overdue["ratio_median"] if overdue.get("bills") == LARGE_ACCOUNTS else None,
    )  # fmt: skip
    slowest = console["p95_worst_ms"] if console.get("bills", 0) >= LARGE_ACCOUNTS * 0.95 else None
    yield _at_most(
        f"overview and lists of {LARGE_ACCOUNTS:,} bills at the console, p95", 300, slowest, unit=" ms"
    )


def _unified_goals(section: dict[str, Any]) -> Iterator[Goal]:
    took = section["pay_worst_s"] if section.get("bills") == UNIFIED_BILLS else None
    yield _at_most(f"unified settlement of {UNIFIED_BILLS:,} bills", 10, took, unit=" s")
    yield _at_most(
        f"CPU time of a unified settlement of {UNIFIED_BILLS:,} bills ÷ hand-made SQL", 2,
        section.get("cpu_ratio_median") if section.get("bills") == UNIFIED_BILLS else None,
    )  # fmt: skip
    for case, words, limit_s in (("idle", "at rest", 0.3), ("month close", "under a running month close", 5)):
        longest = section["waiting"][case]["completed"]["max_ms"] / 1000 if section else None
        yield _at_most(f"top-up to completed settlement, {words}, longest", limit_s, longest, ".2f", " s")


def _focus_goals(section: dict[str, Any]) -> Iterator[Goal]:
    """Memory is flat where ten times as many rows take no more than a tenth more of it."""
    yield _at_least(
        "rows/s, import of a FOCUS export ÷ reading it with pyarrow and COPY",
        0.5,
        section.get("ratio_median"),
    )
    grown = section["most_mb"] / section["smaller_mb"] - 1 if section else None
    rows = (
        f"{section['rows']:,} against {section['smaller_rows']:,} rows" if section else "ten times the rows"
    )
    yield Goal(
        f"memory of an import of {rows}", "within 10 %",
        "–" if grown is None else f"{grown:+.0%}", None if grown is None else grown <= 0.1,
    )  # fmt: skip


def _at_most(name: str, limit: float, value: float | None, form: str = "g", unit: str = "") -> Goal:
    return _goal(name, f"≤ {limit:g}{unit}", value, lambda measured: measured <= limit, form, unit)


def _at_least(name: str, limit: float, value: float | None) -> Goal:
    return _goal(name, f"≥ {limit:g}", value, lambda measured: measured >= limit)


def _goal(
    name: str,
    wanted: str,
    value: float | None,
    is_met: Callable[[float], bool],
    form: str = "g",
    unit: str = "",
) -> Goal:
    """A goal whose measured value is written in `form`, as in a format string; without one nothing is said."""
    if value is None:
        return Goal(name, wanted, "–", None)
    return Goal(name, wanted, f"{value:{form}}{unit}", is_met(value))
