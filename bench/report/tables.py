"""Results as tables: on a terminal, or as Markdown for a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from bench.events.table import DOORS
from bench.report import month_tables
from bench.report.goals import Goal, goals
from bench.report.peers import ceilings
from bench.report.table import Table, as_markdown, median, where

VERDICTS = {True: "met", False: "not met", None: "not measured"}
GOAL_COLUMNS = ("goal", "wanted", "measured", "beside it", "")


def show(results: dict[str, Any], *, markdown: bool = False) -> None:
    """The tables on the terminal, or as Markdown for a document."""
    console = Console()
    for table in tables(results):
        if markdown:
            print(as_markdown(table))
        else:
            console.print(_as_rich(table))


def tables(results: dict[str, Any]) -> Iterator[Table]:
    """Those of each section, what others publish, and the goals."""
    for name, of_section in _SECTIONS.items():
        if name in results:
            yield from of_section(results[name])
    yield from ceilings(results)
    yield Table("Goals", GOAL_COLUMNS, [goal_row(goal) for goal in goals(results)])


def goal_row(goal: Goal) -> tuple[str, ...]:
    """A goal as a row of the table of goals."""
    return (goal.name, goal.wanted, goal.measured, goal.beside, VERDICTS[goal.met])


def _as_rich(table: Table) -> RichTable:
    drawn = RichTable(*table.columns, title=table.title)
    for row in table.rows:
        drawn.add_row(*row)
    return drawn


def _throughput_table(section: dict[str, Any]) -> Table:
    rows = [
        (
            _WORDS[name] + (", server and sender beside the workers" if name in _BY_HTTP else ""),
            f"{figures['per_s']:,.0f}",
            f"{figures['ratio_to_noop']:.2f}",
        )
        for name, figures in section["throughput"].items()
    ]
    title = f"Top-ups, sent to written off and committed ({where(section)}, {section['worker_processes']} processes)"
    return Table(title, ("what", "per second", "÷ no-op"), rows)


def _latency_table(section: dict[str, Any]) -> Table:
    rows = [
        (_WORDS[door], case, f"{figures['p50_ms']:g}", f"{figures['p99_ms']:g}", str(figures["samples"]))
        for door, cases in section["latency"].items()
        for case, figures in cases.items()
    ]
    return Table("Latency, sent to settled", ("door", "when", "p50 ms", "p99 ms", "samples"), rows)


def _waiting_table(section: dict[str, Any]) -> Table:
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
    return Table(f"Settlement of {section['lines']} bills that waits, from its top-up on", columns, rows)


_WAITED = ("p50_ms", "p99_ms", "max_ms")


def _focus_table(section: dict[str, Any]) -> Table:
    rows = [tuple(text.format_map(size) for text in _FOCUS.values()) for size in section["sizes"]]
    return Table(f"Import of a FOCUS export ({where(section)}), medians", tuple(_FOCUS), rows)


def _runs_table(section: dict[str, Any]) -> Table:
    """How long each part of the last `all` took, and how busy the machine was before and after it."""
    rows = [
        (command, f"{part['took_s'] / 60:.1f}", *(f"{load:g}" for load in part["load_average"]))
        for command, part in section["parts"].items()
    ]
    total = sum(part["took_s"] for part in section["parts"].values())
    rows.append(("all of them", f"{total / 60:.1f}", "", ""))
    return Table(
        f"What it took to measure (begun {section['began_at']})",
        ("part", "minutes", "load before", "load after"),
        rows,
    )


def _audit_table(section: dict[str, Any]) -> Table:
    columns = ("bills", "fees", "ledger entries", "events", "checks", "sessions", "seconds", "slowest checks")
    slowest = ", ".join(f"{name} {took_s:g} s" for name, took_s in section["slowest_s"].items())
    row = (
        *(f"{section[name]:,}" for name in ("bills", "fees", "entries", "events", "checks", "sessions")),
        median(section["seconds"]),
        slowest,
    )
    return Table(f"Audit ({where(section)}), median", columns, [row])


def _console_table(section: dict[str, Any]) -> Table:
    rows = [
        (page, *(f"{found[figure]:g}" for figure in ("p50_ms", "p95_ms", "max_ms")))
        for page, found in section["pages"].items()
    ]
    size = f"{section['bills']:,} bills, {section['repeats']} requests each"
    title = f"Pages of the console over {size} ({where(section)})"
    return Table(title, ("page", "p50 ms", "p95 ms", "longest ms"), rows)


def _years_table(section: dict[str, Any]) -> Table:
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
    title = f"Years of {section['accounts']:,} accounts ({where(section)})"
    return Table(title, columns, rows)


def _webhooks_table(section: dict[str, Any]) -> Table:
    rows = [
        (name, f"{case['per_s']:,}", f"{case['client_alone_per_s']:,}")
        for name, case in section["cases"].items()
    ]
    title = f"Webhooks ({where(section)}), medians of {section['repeats']}"
    return Table(title, ("what", "delivered per second", "client alone per second"), rows)


def _one_row(section: dict[str, Any], what: str, figures: dict[str, str]) -> Table:
    """The figures by column, each a text with names of the section."""
    row = tuple(text.format_map(section) for text in figures.values())
    return Table(f"{what} ({where(section)}), medians", tuple(figures), [row])


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
_SECTIONS: dict[str, Callable[[dict[str, Any]], Iterable[Table]]] = {
    "month_close": month_tables.month_close,
    "growth": month_tables.growth,
    "scaling": month_tables.scaling,
    "events": lambda section: (_throughput_table(section), _latency_table(section)),
    "threshold": lambda section: (_one_row(section, "Accounts over their threshold", _THRESHOLD),),
    "overdue": lambda section: (_one_row(section, "Bills that become overdue on one day", _OVERDUE),),
    "unified": lambda section: (
        _one_row(section, "Unified settlement", _UNIFIED),
        _waiting_table(section["waiting"]),
    ),
    "focus": lambda section: (_focus_table(section),),
    "audit": lambda section: (_audit_table(section),),
    "console": lambda section: (_console_table(section),),
    "webhooks": lambda section: (_webhooks_table(section),),
    "years": lambda section: (_years_table(section),),
    "all": lambda section: (_runs_table(section),),
}
