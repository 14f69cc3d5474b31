"""What the month closes with one, two and four worker processes say."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple


class SpeedUp(NamedTuple):
    """Two worker processes beside one: bills a second, processors used, and CPU time of a bill, as ratios or numbers.

    `cpu_change` is by how much more CPU time a bill took with two; `cores` how many processors one and two kept busy,
    those of the database included.
    """

    ratio: float
    cpu_change: float
    cores: tuple[float, float]


def speed_up(section: dict[str, Any]) -> SpeedUp | None:
    """The medians of the pairs; None where none was measured."""
    pairs = section.get("pairs", ())
    if not pairs:
        return None
    return SpeedUp(
        round(statistics.median(one["seconds"] / two["seconds"] for one, two in pairs), 2),
        statistics.median(two["cpu_s"] / one["cpu_s"] for one, two in pairs) - 1,
        (_cores([one for one, _ in pairs]), _cores([two for _, two in pairs])),
    )


def _cores(closed: Sequence[dict[str, Any]]) -> float:
    used: list[float] = [one["cpu_s"] / one["seconds"] for one in closed]
    return round(statistics.median(used), 2)


class Cell(NamedTuple):
    """One month close of the sweep."""

    range_size: int
    processes: int
    bills_per_s: float
    cpu_us_per_bill: float
    cores: float
    largest_mb: float


def sweep(section: dict[str, Any]) -> list[Cell]:
    """Every combination of range size and number of processes that was measured."""
    return [
        Cell(
            one["range_size"],
            one["processes"],
            round(section["accounts"] / one["seconds"]),
            round(one["cpu_s"] / section["accounts"] * 1e6, 1),
            _cores([one]),
            one["largest_mb"],
        )
        for one in section.get("sweep", ())
    ]
