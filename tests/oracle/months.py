"""The calendar of the naive model, for a billing zone that is eight hours ahead of UTC and never changes its clocks."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta

AHEAD = timedelta(hours=8)


def month_of(at: datetime) -> int:
    """The local month, as YYYYMM."""
    local = at + AHEAD
    return local.year * 100 + local.month


def day_of(at: datetime) -> str:
    """The local day."""
    return f"{at + AHEAD:%Y-%m-%d}"


def month_after(cycle: int) -> int:
    """The next month."""
    return cycle + 1 if cycle % 100 < 12 else cycle + 89


def issued_at(cycle: int) -> datetime:
    """On the 2nd of the next month, at noon. Rule: R3.1."""
    after = month_after(cycle)
    return datetime(after // 100, after % 100, 2, 12, tzinfo=UTC) - AHEAD


def swept_at(cycle: int) -> datetime:
    """On the last day of the month, at eleven at night. Rule: R3.3."""
    year, month = divmod(cycle, 100)
    return datetime(year, month, monthrange(year, month)[1], 23, tzinfo=UTC) - AHEAD


def midnight(at: datetime) -> datetime:
    """When the local day began."""
    return (at + AHEAD).replace(hour=0, minute=0, second=0, microsecond=0) - AHEAD


def instants(after: datetime, until: datetime) -> list[datetime]:
    """Every sweep, issuance and midnight in (after, until], oldest first. Rule: R3.1, R3.3, R3.5."""
    found, cycle, day = set(), month_of(after - timedelta(days=2)), midnight(after)
    while (sweep := swept_at(cycle)) <= until:
        found |= {sweep, issued_at(cycle)}
        cycle = month_after(cycle)
    while (day := day + timedelta(days=1)) <= until:
        found.add(day)
    return sorted(at for at in found if after < at <= until)


def next_instant(after: datetime) -> datetime:
    """The next sweep or issuance."""
    this = month_of(after)
    before = this - 1 if this % 100 > 1 else this - 89
    return min(at for at in (issued_at(before), swept_at(this), issued_at(this)) if at > after)
