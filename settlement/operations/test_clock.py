"""The test clock, for people who try things out. It is obeyed only where a setting allows it."""

from __future__ import annotations

from datetime import datetime

from settlement.errors import Refused
from settlement.storage.store import Store
from settlement.storage.work import test_clock as clock

YEARS = (1901, 2998)


def read(store: Store) -> datetime | None:
    """The instant at which it stands (UTC), or None when it was never set."""
    with store.transaction() as tx:
        return clock.read(tx)


def check(at: datetime) -> None:
    """Months around an instant of the clock have to be months that can be billed.

    Raises:
        Refused: `clock_out_of_range`.
    """
    if not YEARS[0] <= at.year <= YEARS[1]:
        raise Refused("clock_out_of_range", f"the test clock goes from the year {YEARS[0]} to {YEARS[1]}")


def move(store: Store, at: datetime) -> None:
    """Sets it forwards; it stands still until it is moved again.

    Raises:
        Refused: `clock_backwards`, because what was booked later, or is on record as done, cannot be undone;
            `clock_out_of_range`.
    """
    check(at)
    with store.transaction() as tx:
        clock.move(tx, at)
