"""The instants at which local days begin. Rule: R3.5, R3.6."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo


def day_begins_at(day: date, zone: tzinfo) -> datetime:
    """Local midnight, UTC; where the zone skips it that day, the first instant after it."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def day_of(at: datetime, zone: tzinfo) -> date:
    """The local day of an instant."""
    return at.astimezone(zone).date()


def days_between(after: datetime, until: datetime, zone: tzinfo) -> list[datetime]:
    """The beginning of every local day in (after, until], oldest first."""
    found, day = [], day_of(after, zone)
    while (instant := day_begins_at(day, zone)) <= until:
        if instant > after:
            found.append(instant)
        day += timedelta(days=1)
    return found
