"""When the month-end sweep is: the last day of the month, 23:00 local by default. Rule: R3.3."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from settlement.model.cycle import Cycle, cycle_of, next_cycle
from settlement.model.policies.calendar import CalendarVersion
from settlement.model.policies.policy import Policy
from settlement.rules.calendar import first_instant


def sweep_at(cycle: Cycle, policy: Policy) -> datetime:
    """The instant of the sweep of `cycle`, UTC.

    A local time that the zone skips on that day counts as if the clock had not been moved; one that comes twice is
    the first of the two.
    """
    return _sweep_at(cycle, policy.calendar)


@lru_cache(maxsize=1024)
def _sweep_at(cycle: Cycle, calendar: tuple[CalendarVersion, ...]) -> datetime:
    after = next_cycle(cycle)
    last_day = date(after // 100, after % 100, 1) - timedelta(days=1)
    return first_instant(
        calendar, lambda version: datetime.combine(last_day, version.sweep_time, version.zone)
    )


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
