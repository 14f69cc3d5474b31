"""When the month-end sweep is: the last day of the month, 23:00 local by default. Rule: R3.3."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from settlement.model.cycle import Cycle, cycle_of, next_cycle
from settlement.model.policies.policy import Policy


@lru_cache(maxsize=1024)
def sweep_at(cycle: Cycle, policy: Policy) -> datetime:
    """The instant of the sweep of `cycle`, UTC.

    A local time that the zone skips on that day counts as if the clock had not been moved; one that comes twice is
    the first of the two.
    """
    after = next_cycle(cycle)
    last_day = date(after // 100, after % 100, 1) - timedelta(days=1)
    return datetime.combine(last_day, policy.collection.sweep_time, policy.zone).astimezone(UTC)


def sweeps_between(after: datetime, until: datetime, policy: Policy) -> list[tuple[Cycle, datetime]]:
    """Every sweep in (after, until], oldest first. Rule: R3.6."""
    cycle = cycle_of(after, policy.zone)
    owed: list[tuple[Cycle, datetime]] = []
    while (instant := sweep_at(cycle, policy)) <= until:
        if instant > after:
            owed.append((cycle, instant))
        cycle = next_cycle(cycle)
    return owed


def swept_cycle_at(instant: datetime, policy: Policy) -> Cycle:
    """The cycle that a sweep at this instant is for: its own month."""
    return cycle_of(instant, policy.zone)
