"""Results as tables: on a terminal, or as Markdown for a document."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.events.table import DOORS
from bench.report.goals import goals

VERDICTS = {True: "met", False: "not met", None: "not measured"}


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
        yield _one_row(results["threshold"], "Accounts over their threshold", _THRESHOLD)
    if "overdue" in results:
        yield _one_row(results["overdue"], "Bills that become overdue on one day", _OVERDUE)
    if "unified" in results:
        yield _one_row(results["unified"], "Unified settlement", _UNIFIED)
        yield _waiting_table(results["unified"]["waiting"])
    if "focus" in results:
        yield _one_row(results["focus"], "Import of a FOCUS export", _FOCUS)
    if "audit" in results:
        yield _audit_table(results["audit"])
    if "console" in results:
        yield _console_table(results["console"])
    if "webhooks" in results:
        yield _webhooks_table(results["webhooks"])
    if "years" in results:
        yield _years_table(results["years"])
    rows = [(goal.name, goal.wanted, goal.measured, VERDICTS[goal.met]) for goal in goals(results)]
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
        (
            _WORDS[name] + (", server and sender beside the workers" if name in _BY_HTTP else ""),
            f"{figures['per_s']:,.0f}",
            f"{figures['ratio_to_noop']:.2f}",
        )
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


def _console_table(section: dict[str, Any]) -> _Table:
    rows = [
        (page, *(f"{found[figure]:g}" for figure in ("p50_ms", "p95_ms", "max_ms")))
        for page, found in section["pages"].items()
    ]
    size = f"{section['bills']:,} bills, {section['repeats']} requests each"
    title = f"Pages of the console over {size} ({_where(section)})"
    return _Table(title, ("page", "p50 ms", "p95 ms", "longest ms"), rows)


def _years_table(section: dict[str, Any]) -> _Table:
    months = len(section["with"])
    shown = sorted({0, 1, *range(5, months, 6), months - 1})
    rows = [
        (
            str(at + 1),
            *(
                figure
                for name in ("with", "without")
                for figure in (
                    f"{sum(section[name][at]['mb'].values()):.1f}",
                    f"{section[name][at]['close_us_per_bill']:.0f}",
                )
            ),
        )
        for at in shown
    ]
    columns = ("months", "MB with archives", "close, µs CPU per bill", "MB without", "close, µs CPU per bill")
    title = f"Years of {section['accounts']:,} accounts ({_where(section)})"
    return _Table(title, columns, rows)


def _webhooks_table(section: dict[str, Any]) -> _Table:
    rows = [
        (name, f"{case['per_s']:,}", f"{case['client_alone_per_s']:,}")
        for name, case in section["cases"].items()
    ]
    title = f"Webhooks ({_where(section)}), medians of {section['repeats']}"
    return _Table(title, ("what", "delivered per second", "client alone per second"), rows)


def _one_row(section: dict[str, Any], what: str, figures: dict[str, str]) -> _Table:
    """The figures by column, each a text with names of the section."""
    row = tuple(text.format_map(section) for text in figures.values())
    return _Table(f"{what} ({_where(section)}), medians", tuple(figures), [row])


_RATIO = "{ratio_median:g} (worst {ratio_worst:g})"
_THRESHOLD = {
    "accounts": "{accounts:,}", "over the line": "{over:,}", "by index ms": "{by_index_ms:g}",
    "by primary key ms": "{by_key_ms:g}", "ratio": _RATIO, "looking at all ms": "{looking_at_all_ms:g}",
}  # fmt: skip
_OVERDUE = {
    "bills": "{bills:,}", "statements": "{statements:,}", "check s": "{check_s:g}",
    "hand-made SQL s": "{handmade_s:g}", "ratio": _RATIO, "the day after s": "{next_day_s:g}",
}  # fmt: skip
_UNIFIED = {
    "bills": "{bills:,}", "listed s": "{list_s:g}", "paid s": "{pay_s:g} (worst {pay_worst_s:g})",
    "of it CPU of the worker s": "{pay_cpu_s:g}", "hand-made SQL s": "{handmade_s:g}", "ratio": _RATIO,
}  # fmt: skip
_FOCUS = {
    "rows": "{rows:,}", "rows per second": "{rows_per_s:,}", "pyarrow and COPY": "{copied_per_s:,}",
    "ratio": "{ratio_median:g}", "µs CPU per row": "{us_per_row_cpu:g}",
    "pyarrow and COPY, µs CPU": "{copied_us_per_row_cpu:g}", "ratio of CPU time": "{cpu_ratio_median:g}",
    "most memory": "{most_mb:g} MB", "of a tenth of the rows": "{smaller_mb:g} MB",
}  # fmt: skip
_WORDS = {
    "noop_threads": "no-op tasks, threads",
    "noop_prefork": "no-op tasks, prefork",
    **{door.name: door.words for door in DOORS},
}
_BY_HTTP = {door.name for door in DOORS if door.by == "http"}


def _median(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({_spread(values)})" if values else "–"


def _spread(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def _where(section: dict[str, Any]) -> str:
    return f"{section['machine']['cores']} cores, PostgreSQL {section['machine']['postgresql']}"
