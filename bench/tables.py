"""Results as tables: on a terminal, or as Markdown for a document."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.goals import goals


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
