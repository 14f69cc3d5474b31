"""Which months are closed to see whether a bill costs the same however many there are."""

from __future__ import annotations

from collections.abc import Iterator

# Each about three times the one before.
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000)
# A small month is over in less time than its figures vary by, so that it is closed more often.
MOST_REPEATS = 10
_BILLS_IN_ALL = 300_000


def sizes(smallest: int, largest: int, most_repeats: int = MOST_REPEATS) -> Iterator[tuple[int, int]]:
    """Sizes in accounts from the smallest to the largest, each with how often its pair is measured."""
    for size in SIZES:
        if smallest <= size <= largest:
            yield size, max(1, min(most_repeats, _BILLS_IN_ALL // size))
