"""When things happen in billing: issuance, the open cycle, the bounds of a month. Rule: R3.*, R2.3.

All instants are UTC; the billing zone decides on which local day and month they fall.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from settlement.model.cycle import Cycle, cycle_of, next_cycle
from settlement.model.policies.calendar import CalendarVersion
from settlement.model.policies.policy import Policy


@lru_cache(maxsize=1024)
def cycle_bounds(cycle: Cycle, zone: tzinfo) -> tuple[datetime, datetime]:
    """First instant of the month and first instant of the next, UTC. Rule: R1.7."""
    after = next_cycle(cycle)
    return _local_midnight(cycle, zone), _local_midnight(after, zone)


def _local_midnight(cycle: int, zone: tzinfo) -> datetime:
    return datetime(cycle // 100, cycle % 100, 1, tzinfo=zone).astimezone(UTC)


def issuance_at(cycle: Cycle, policy: Policy) -> datetime:
    """The instant at which the bill of `cycle` is issued: day 2 of the next month, 12:00 local, by default.

    Rule: R3.1, R3.7d.
    """
    return _issuance_at(cycle, policy.calendar)


@lru_cache(maxsize=1024)
def _issuance_at(cycle: Cycle, calendar: tuple[CalendarVersion, ...]) -> datetime:
    month = next_cycle(cycle)
    return first_instant(
        calendar,
        lambda version: datetime(
            month // 100, month % 100, version.issue_day, version.issue_time.hour, version.issue_time.minute,
            tzinfo=version.zone,
        ),
    )  # fmt: skip


def first_instant(
    calendar: tuple[CalendarVersion, ...], local: Callable[[CalendarVersion], datetime]
) -> datetime:
    """The first instant (UTC) at which the version that holds says that the time has come. Rule: R3.7d.

    `local`: when it comes by one version. What has come once does not come again when a later version has it later,
    and what a later version would have had earlier comes when that version holds: each comes exactly once.
    """
    return next(
        instant
        for version in calendar
        if (instant := max(local(version).astimezone(UTC), version.holds_from)) < version.holds_until
    )


def last_cycle_issued_by(at: datetime, policy: Policy) -> Cycle:
    """The newest cycle whose issuance instant is not after `at`. Rule: R3.1."""
    current = cycle_of(at, policy.zone)
    previous = _previous(current)
    return previous if issuance_at(previous, policy) <= at else _previous(previous)


def _previous(cycle: int) -> Cycle:
    return Cycle(cycle - 1 if cycle % 100 > 1 else cycle - 89)


def issuances_between(after: datetime, until: datetime, policy: Policy) -> list[tuple[Cycle, datetime]]:
    """Every issuance in (after, until], oldest first: what a scheduler owes that was away that long. Rule: R3.6."""
    owed: list[tuple[Cycle, datetime]] = []
    cycle = next_cycle(last_cycle_issued_by(after, policy))
    while (instant := issuance_at(cycle, policy)) <= until:
        owed.append((cycle, instant))
        cycle = next_cycle(cycle)
    return owed


def booking_cycle(incurred_at: datetime, at: datetime, policy: Policy) -> tuple[Cycle, bool]:
    """The cycle a fee is booked to when it arrives at `at`, and whether it is late.

    A fee belongs to the month it was incurred in until that month's issuance instant; afterwards to the month of
    arrival, marked late. Rule: R2.3.
    """
    own = cycle_of(incurred_at, policy.zone)
    if at < issuance_at(own, policy):
        return own, False
    return cycle_of(at, policy.zone), True


def lies_in_one_month(incurred_at: datetime, ended_at: datetime | None, cycle: Cycle, zone: tzinfo) -> bool:
    """Does the charge lie wholly in the month of `cycle`? An end exactly at midnight still does. Rule: R4.6."""
    start, end = cycle_bounds(cycle, zone)
    return start <= incurred_at < end and (ended_at is None or ended_at <= end)


def issued_cycle_at(instant: datetime, policy: Policy) -> Cycle:
    """The cycle whose bills are issued at this issuance instant: the month before the instant's own. Rule: R3.1."""
    return _previous(cycle_of(instant, policy.zone))


def same_local_day(at: datetime, zone: tzinfo, other: tzinfo) -> bool:
    """Is it the same local day in both zones at this instant. Only then may one follow the other. Rule: R3.7e.

    Otherwise a day, and perhaps a month, would come twice or be left out.
    """
    return at.astimezone(zone).date() == at.astimezone(other).date()
