"""When things happen in billing: issuance, the open cycle, the bounds of a month. Rule: R3.*, R2.3.

All instants are UTC; the billing zone decides on which local day and month they fall.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from settlement.model.cycle import Cycle, cycle_of, next_cycle
from settlement.model.policies.policy import Policy


@lru_cache(maxsize=1024)
def cycle_bounds(cycle: Cycle, zone: tzinfo) -> tuple[datetime, datetime]:
    """First instant of the month and first instant of the next, UTC. Rule: R1.7."""
    after = next_cycle(cycle)
    return _local_midnight(cycle, zone), _local_midnight(after, zone)


def _local_midnight(cycle: int, zone: tzinfo) -> datetime:
    return datetime(cycle // 100, cycle % 100, 1, tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=1024)
def issuance_at(cycle: Cycle, policy: Policy) -> datetime:
    """The instant at which the bill of `cycle` is issued: day 2 of the next month, 12:00 local, by default.

    Rule: R3.1.
    """
    month = next_cycle(cycle)
    local = datetime(
        month // 100,
        month % 100,
        policy.issue_day,
        policy.issue_time.hour,
        policy.issue_time.minute,
        tzinfo=policy.zone,
    )
    return local.astimezone(UTC)


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
