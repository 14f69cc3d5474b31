"""The goals of the benchmarks, and what results say about each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

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
        *_threshold_goals(results.get("threshold", {})),
        *_audit_goals(results.get("audit", {})),
        *_overdue_goals(results.get("overdue", {})),
        *_unified_goals(results.get("unified", {})),
    ]


def _month_close_goals(section: dict[str, Any]) -> Iterator[Goal]:
    by_size = {size["accounts"]: size for size in section.get("sizes", ())}
    usual = by_size.get(GOAL_ACCOUNTS)
    ratio = usual and usual["ratio_median"]
    yield Goal(
        f"month close of {GOAL_ACCOUNTS:,} bills ÷ hand-made SQL",
        "≤ 1.5",
        _shown(ratio),
        ratio and ratio <= 1.5,
    )
    times = usual and usual.get("one_transaction_per_bill", {}).get("times_as_fast")
    yield Goal(
        "one transaction per bill with an ORM ÷ month close", "≥ 20", _shown(times), times and times >= 20
    )
    large = by_size.get(LARGE_ACCOUNTS)
    change = usual and large and large["us_per_bill_median"] / usual["us_per_bill_median"] - 1
    yield Goal(
        f"time per bill at {LARGE_ACCOUNTS:,} against {GOAL_ACCOUNTS:,}", "within 10 %",
        "–" if change is None else f"{change:+.0%}", change if change is None else abs(change) <= 0.10,
    )  # fmt: skip
    memory = max(
        (size.get("worker_memory", {}).get("largest_mb", 0.0) for size in by_size.values()), default=0.0
    )
    yield Goal(
        "memory of each worker process",
        "≤ 250 MB",
        f"{memory:.0f} MB" if memory else "–",
        memory <= 250 if memory else None,
    )


def _event_goals(section: dict[str, Any]) -> Iterator[Goal]:
    wanted = (("stream", "one event per stream entry", 5), ("celery_100", "100 events per Celery message", 10),
              ("celery_1", "one event per Celery message", 1))  # fmt: skip
    for door, name, least in wanted:
        ratio = section.get("throughput", {}).get(door, {}).get("ratio_to_noop")
        yield Goal(
            f"top-ups/s, {name} ÷ no-op tasks/s",
            f"≥ {least}",
            _shown(ratio),
            ratio if ratio is None else ratio >= least,
        )


def _threshold_goals(section: dict[str, Any]) -> Iterator[Goal]:
    is_large = section.get("accounts") == LARGE_ACCOUNTS
    ratio = section["ratio_median"] if is_large else None
    yield Goal(
        f"accounts over their threshold among {LARGE_ACCOUNTS:,} ÷ the same rows by primary key",
        "≤ 2",
        _shown(ratio),
        ratio if ratio is None else ratio <= 2,
    )


def _overdue_goals(section: dict[str, Any]) -> Iterator[Goal]:
    is_large = section.get("bills") == LARGE_ACCOUNTS
    ratio = section["ratio_median"] if is_large else None
    yield Goal(
        f"daily check of {LARGE_ACCOUNTS:,} bills that become overdue ÷ one hand-made statement",
        "≤ 2",
        _shown(ratio),
        ratio if ratio is None else ratio <= 2,
    )


def _unified_goals(section: dict[str, Any]) -> Iterator[Goal]:
    is_whole = section.get("bills") == UNIFIED_BILLS
    took = section["pay_worst_s"] if is_whole else None
    yield Goal(
        f"unified settlement of {UNIFIED_BILLS:,} bills",
        "≤ 10 s",
        "–" if took is None else f"{took:g} s",
        took if took is None else took <= 10,
    )
    for case, words, limit_s in (("idle", "at rest", 2), ("month close", "under a running month close", 60)):
        longest = section["waiting"][case]["completed"]["max_ms"] / 1000 if section else None
        yield Goal(
            f"top-up to completed settlement, {words}, longest",
            f"≤ {limit_s} s",
            "–" if longest is None else f"{longest:.2f} s",
            longest if longest is None else longest <= limit_s,
        )


def _audit_goals(section: dict[str, Any]) -> Iterator[Goal]:
    is_large = section.get("bills", 0) >= LARGE_ACCOUNTS * 0.95
    seconds = section["seconds_median"] if is_large else None
    yield Goal(
        f"audit of {LARGE_ACCOUNTS:,} bills",
        "< 60 s",
        "–" if seconds is None else f"{seconds:.1f} s",
        seconds if seconds is None else seconds < 60,
    )


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
