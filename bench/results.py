"""Results as a file and as a table, with the goals, met or not."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

# The size at which the goal of the month close is set, and the size at which a bill must not cost more.
GOAL_ACCOUNTS = 100_000
LARGE_ACCOUNTS = 1_000_000
# As many bills as one unified settlement lists.
UNIFIED_BILLS = 10_000
_PACKAGES = ("celery", "kombu", "redis", "sqlalchemy", "psycopg", "pydantic")


class Goal(NamedTuple):
    """A goal with what was measured; `met` is None where this run says nothing about it."""

    name: str
    wanted: str
    measured: str
    met: bool | None


def machine(postgres: str, broker: str) -> dict[str, Any]:
    """Where and with what a section was measured."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "cpu": _cpu(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "os": platform.platform(),
        "python": platform.python_version(),
        "postgresql": postgres,
        "broker": broker,
        **{name: version(name) for name in _PACKAGES},
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def read(path: Path) -> dict[str, Any]:
    """The results so far; empty when there are none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return found


def write(path: Path, results: dict[str, Any]) -> None:
    """Writes the file whole or not at all."""
    results["goals"] = [goal._asdict() for goal in goals(results)]
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(results, indent=2) + "\n")
    partial.replace(path)


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


def show(results: dict[str, Any], *, markdown: bool = False) -> None:
    """The tables on the terminal, or as Markdown for a document."""
    console = Console()
    for table in _tables(results):
        if markdown:
            print(_as_markdown(table))
        else:
            console.print(_as_rich(table))


class _Table(NamedTuple):
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def _tables(results: dict[str, Any]) -> Iterator[_Table]:
    if "month_close" in results:
        yield _month_close_table(results["month_close"])
    if "events" in results:
        yield _throughput_table(results["events"])
        yield _latency_table(results["events"])
    if "threshold" in results:
        yield _threshold_table(results["threshold"])
    if "overdue" in results:
        yield _overdue_table(results["overdue"])
    if "unified" in results:
        yield _unified_table(results["unified"])
        yield _waiting_table(results["unified"]["waiting"])
    if "audit" in results:
        yield _audit_table(results["audit"])
    verdict = {True: "met", False: "not met", None: "not measured"}
    rows = [(goal.name, goal.wanted, goal.measured, verdict[goal.met]) for goal in goals(results)]
    yield _Table("Goals", ("goal", "wanted", "measured", ""), rows)


def _as_rich(table: _Table) -> Table:
    drawn = Table(*table.columns, title=table.title)
    for row in table.rows:
        drawn.add_row(*row)
    return drawn


def _as_markdown(table: _Table) -> str:
    lines = [table.title, "", *(f"| {' | '.join(row)} |" for row in (table.columns, *table.rows)), ""]
    lines.insert(3, "|" + "---|" * len(table.columns))
    return "\n".join(lines)


def _month_close_table(section: dict[str, Any]) -> _Table:
    columns = (
        "bills", "workers s", "hand-made SQL s", "ratio", "ratio of CPU time", "µs per bill", "largest process",
        "one transaction per bill",
    )  # fmt: skip
    rows = []
    for size in section["sizes"]:
        pairs = size["pairs"]
        orm = size.get("one_transaction_per_bill")
        rows.append(
            (
                f"{size['accounts']:,}",
                _median([pair["workers_s"] for pair in pairs]),
                _median([pair["handmade_s"] for pair in pairs]),
                _median([pair["ratio"] for pair in pairs]),
                _median([pair["cpu_ratio"] for pair in pairs if "cpu_ratio" in pair]),
                f"{size['us_per_bill_median']:g}",
                f"{size['worker_memory'].get('largest_mb', 0):.0f} MB",
                f"{orm['us_per_bill']:,.0f} µs, {orm['times_as_fast']:g} times as slow" if orm else "–",
            )
        )
    return _Table(f"Month close ({_where(section)}): median of the pairs, lowest to highest", columns, rows)


def _throughput_table(section: dict[str, Any]) -> _Table:
    rows = [
        (_WORDS[name], f"{figures['per_s']:,.0f}", f"{figures['ratio_to_noop']:.2f}")
        for name, figures in section["throughput"].items()
    ]
    title = f"Top-ups, sent to written off and committed ({_where(section)}, {section['worker_processes']} processes)"
    return _Table(title, ("what", "per second", "÷ no-op"), rows)


def _latency_table(section: dict[str, Any]) -> _Table:
    rows = [
        (_WORDS[door], case, f"{figures['p50_ms']:g}", f"{figures['p99_ms']:g}", str(figures["samples"]))
        for door, cases in section["latency"].items()
        for case, figures in cases.items()
    ]
    return _Table("Latency, sent to settled", ("door", "when", "p50 ms", "p99 ms", "samples"), rows)


def _threshold_table(section: dict[str, Any]) -> _Table:
    columns = ("accounts", "over the line", "by index ms", "by primary key ms", "ratio", "looking at all ms")
    row = (
        f"{section['accounts']:,}",
        f"{section['over']:,}",
        f"{section['by_index_ms']:g}",
        f"{section['by_key_ms']:g}",
        f"{section['ratio_median']:g} (worst {section['ratio_worst']:g})",
        f"{section['looking_at_all_ms']:g}",
    )
    return _Table(f"Accounts over their threshold ({_where(section)}), medians", columns, [row])


def _overdue_table(section: dict[str, Any]) -> _Table:
    columns = ("bills", "statements", "check s", "hand-made SQL s", "ratio", "the day after s")
    row = (
        f"{section['bills']:,}",
        f"{section['statements']:,}",
        f"{section['check_s']:g}",
        f"{section['handmade_s']:g}",
        f"{section['ratio_median']:g} (worst {section['ratio_worst']:g})",
        f"{section['next_day_s']:g}",
    )
    return _Table(f"Bills that become overdue on one day ({_where(section)}), medians", columns, [row])


def _unified_table(section: dict[str, Any]) -> _Table:
    columns = ("bills", "listed s", "paid s", "of it CPU of the worker s", "hand-made SQL s", "ratio")
    row = (
        f"{section['bills']:,}",
        f"{section['list_s']:g}",
        f"{section['pay_s']:g} (worst {section['pay_worst_s']:g})",
        f"{section['pay_cpu_s']:g}",
        f"{section['handmade_s']:g}",
        f"{section['ratio_median']:g} (worst {section['ratio_worst']:g})",
    )
    return _Table(f"Unified settlement ({_where(section)}), medians", columns, [row])


def _waiting_table(section: dict[str, Any]) -> _Table:
    words = {"idle": "at rest", "month close": f"month close of {section['accounts']:,}"}
    rows = [
        (
            word,
            *(f"{section[case][what][figure]:g}" for what in ("booked", "completed") for figure in _WAITED),
            f"{section[case]['ratio_p50']:g}",
            str(section[case]["completed"]["samples"]),
        )
        for case, word in words.items()
    ]
    columns = (
        "when", "top-up booked p50 ms", "p99 ms", "longest ms", "settlement completed p50 ms", "p99 ms", "longest ms",
        "ratio of p50", "samples",
    )  # fmt: skip
    return _Table(f"Settlement of {section['lines']} bills that waits, from its top-up on", columns, rows)


_WAITED = ("p50_ms", "p99_ms", "max_ms")


def _audit_table(section: dict[str, Any]) -> _Table:
    columns = ("bills", "fees", "ledger entries", "events", "checks", "sessions", "seconds", "slowest checks")
    slowest = ", ".join(f"{name} {took_s:g} s" for name, took_s in section["slowest_s"].items())
    row = (
        *(f"{section[name]:,}" for name in ("bills", "fees", "entries", "events", "checks", "sessions")),
        _median(section["seconds"]),
        slowest,
    )
    return _Table(f"Audit ({_where(section)}), median", columns, [row])


_WORDS = {
    "noop_threads": "no-op tasks, threads",
    "noop_prefork": "no-op tasks, prefork",
    "stream": "one event per stream entry",
    "celery_100": "100 events per Celery message",
    "celery_1": "one event per Celery message",
}


def _median(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({_spread(values)})" if values else "–"


def _spread(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def _where(section: dict[str, Any]) -> str:
    return f"{section['machine']['cores']} cores, PostgreSQL {section['machine']['postgresql']}"
