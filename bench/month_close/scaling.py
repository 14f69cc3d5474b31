"""The month close with one, two and four worker processes, and with ranges of several sizes."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from bench.month_close.data import Mix
from bench.month_close.measure import close_by_workers, same_rows
from bench.month_close.rows import fingerprint
from bench.place.place import Place
from config.settings import load_settings

RANGE_SIZES = (250, 500, 1_000, 2_000, 5_000, 10_000)
PROCESSES = (1, 2, 4)
# How many are compared with one.
COMPARED = (1, 2)


def measure(
    place: Place,
    accounts: int,
    *,
    repeats: int,
    rounds: int,
    range_sizes: Sequence[int],
    processes: Sequence[int],
    seed: int,
) -> dict[str, Any]:
    """Every month close on a fresh copy of the same data: 1 and 2 processes turn by turn, then all combinations.

    `rounds`: how often one combination after the other is measured; of each the medians are kept.

    Raises:
        NotTheSameError: two of them left different rows behind.
    """
    usual = load_settings().limits.range_size
    with place.loaded(f"scaling_{accounts}", accounts, seed=seed, mix=Mix()) as template:
        closing = _Closing(place, template, accounts)
        pairs = [[closing.measured(usual, count) for count in COMPARED] for _ in range(repeats)]
        cells = [(size, count) for size in range_sizes for count in processes]
        swept = [[closing.measured(*cell) for cell in cells] for _ in range(rounds)]
    return {
        "accounts": accounts,
        "range_size": usual,
        "repeats": repeats,
        "pairs": pairs,
        "rounds": rounds,
        "sweep": [_medians(same) for same in zip(*swept, strict=True)],
    }


class _Closing:
    """Closes the same month again and again, and has each leave what the first one left."""

    def __init__(self, place: Place, template: str, accounts: int) -> None:
        self._place = place
        self._template = template
        self._accounts = accounts
        self._first: Any = None

    def measured(self, range_size: int, processes: int) -> dict[str, Any]:
        """Seconds by the clock and of CPU time of one month close, and its largest process."""
        place, accounts = self._place, self._accounts
        label = f"{accounts:,} accounts, ranges of {range_size:,}, processes: {processes}"
        with place.server.database("scaling", template=self._template) as database:
            place.server.checkpoint()
            closed = close_by_workers(place, database, accounts, range_size, label, processes=processes)
            left = fingerprint(place.server.owner_url(database))
        self._first = self._first or left
        same_rows(self._first, left, label)
        return {
            "range_size": range_size,
            "processes": processes,
            "seconds": round(closed.seconds, 3),
            "cpu_s": round(closed.cpu_s, 2),
            "largest_mb": closed.memory.get("largest_mb", 0.0),
        }


def _medians(closed: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of one combination; the figures that say which it is are the same in all."""
    return {name: round(statistics.median(one[name] for one in closed), 3) for name in closed[0]}
