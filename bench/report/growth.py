"""What a bill costs in months of several sizes."""

from __future__ import annotations

import statistics
from typing import Any, NamedTuple


class Cost(NamedTuple):
    """Of one bill in microseconds, in a month of `accounts`: by the clock, the median, and of CPU time, on average.

    CPU time is read to the hundredth of a second, so that of small months only all repeats together say something. It
    is None where the server's could not be read.
    """

    accounts: int
    repeats: int
    workers_us: float
    handmade_us: float
    workers_cpu_us: float | None
    handmade_cpu_us: float | None


def costs(section: dict[str, Any]) -> list[Cost]:
    """The cost at each size, the smallest first."""
    return [_cost(size) for size in sorted(section.get("sizes", ()), key=lambda one: int(one["accounts"]))]


def _cost(size: dict[str, Any]) -> Cost:
    accounts: int = size["accounts"]

    def us(figure: str) -> float:
        return round(statistics.median(_each(size, figure)) / accounts * 1e6, 1)

    def cpu_us(figure: str) -> float | None:
        used = _each(size, figure)
        return round(statistics.mean(used) / accounts * 1e6, 1) if used else None

    return Cost(
        accounts, len(size["pairs"]),
        us("workers_s"), us("handmade_s"), cpu_us("workers_cpu_s"), cpu_us("handmade_cpu_s"),
    )  # fmt: skip


def _each(size: dict[str, Any], figure: str) -> list[float]:
    """A figure of every pair; none where it could not be read."""
    return [pair[figure] for pair in size["pairs"] if figure in pair]
