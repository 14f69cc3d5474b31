"""The tables of the month close."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.report.growth import costs
from bench.report.scaling import speed_up, sweep
from bench.report.table import Table, median, where


def month_close(section: dict[str, Any]) -> Iterator[Table]:
    """Pairs of workers and hand-made SQL."""
    columns = (
        "bills", "workers s", "hand-made SQL s", "ratio", "ratio of CPU time", "µs per bill", "µs CPU per bill",
        "largest process", "one transaction per bill",
    )  # fmt: skip
    rows = []
    for size in section["sizes"]:
        pairs = size["pairs"]
        orm = size.get("one_transaction_per_bill")
        [cost] = costs({"sizes": [size]})
        rows.append(
            (
                f"{size['accounts']:,}",
                median([pair["workers_s"] for pair in pairs]),
                median([pair["handmade_s"] for pair in pairs]),
                median([pair["ratio"] for pair in pairs]),
                median([pair["cpu_ratio"] for pair in pairs if "cpu_ratio" in pair]),
                f"{size['us_per_bill_median']:g}",
                f"{cost.workers_cpu_us:.1f}" if cost.workers_cpu_us else "–",
                f"{size['worker_memory'].get('largest_mb', 0):.0f} MB",
                f"{orm['us_per_bill']:,.0f} µs, {orm['times_as_fast']:g} times as slow" if orm else "–",
            )
        )
    yield Table(f"Month close ({where(section)}): median of the pairs, lowest to highest", columns, rows)


def growth(section: dict[str, Any]) -> Iterator[Table]:
    """A bill by the size of its month."""
    columns = (
        "bills", "repeats", "workers, µs per bill", "hand-made SQL", "workers, µs CPU per bill", "hand-made SQL, CPU",
        "ratio of CPU time",
    )  # fmt: skip
    rows = []
    for cost in costs(section):
        ours, theirs = cost.workers_cpu_us, cost.handmade_cpu_us
        used = (f"{ours:.1f}", f"{theirs:.1f}", f"{ours / theirs:.2f}") if ours and theirs else ("–",) * 3
        rows.append(
            (
                f"{cost.accounts:,}",
                str(cost.repeats),
                f"{cost.workers_us:.1f}",
                f"{cost.handmade_us:.1f}",
                *used,
            )
        )
    yield Table(f"A bill in small and large months ({where(section)})", columns, rows)


def scaling(section: dict[str, Any]) -> Iterator[Table]:
    """Two processes beside one, and every combination of the sweep."""
    found = speed_up(section)
    if found is not None:
        compared = (
            "bills",
            "repeats",
            "bills/s, 2 ÷ 1",
            "CPU time per bill, 2 against 1",
            "processors kept busy by 1 and 2",
        )
        row = (
            f"{section['accounts']:,}", str(section["repeats"]), f"{found.ratio:g}", f"{found.cpu_change:+.0%}",
            " and ".join(f"{cores:g}" for cores in found.cores),
        )  # fmt: skip
        yield Table(f"Two worker processes beside one ({where(section)}), medians", compared, [row])
    rows = [
        (
            f"{cell.range_size:,}", str(cell.processes), f"{cell.bills_per_s:,.0f}", f"{cell.cpu_us_per_bill:g}",
            f"{cell.cores:g}", f"{cell.largest_mb:.0f} MB",
        )
        for cell in sweep(section)
    ]  # fmt: skip
    columns = (
        "accounts in a range",
        "processes",
        "bills/s",
        "µs CPU per bill",
        "processors kept busy",
        "largest process",
    )
    yield Table(f"Ranges and processes, {section['accounts']:,} bills ({where(section)})", columns, rows)
