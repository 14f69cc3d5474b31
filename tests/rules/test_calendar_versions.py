"""Settings that change: every month and day comes once, whatever the versions of the calendar. Rule: R3.7."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from settlement.model.cycle import Cycle, cycle_of, next_cycle
from settlement.model.policies.collection import CollectionPolicy
from settlement.model.policies.policy import Policy, PolicyHistory
from settlement.rules.calendar import (
    booking_cycle,
    cycle_bounds,
    issuance_at,
    issuances_between,
    issued_cycle_at,
    last_cycle_issued_by,
    same_local_day,
)
from settlement.rules.days import day_begins_at, day_of, days_between
from settlement.rules.sweep import sweep_at, sweeps_between, swept_cycle_at
from settlement.rules.terms import due_at
from tests.support.builders import utc

BERLIN, SHANGHAI, NEW_YORK = (
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("Asia/Shanghai"),
    ZoneInfo("America/New_York"),
)
APRIL, MAY, JUNE = Cycle(202604), Cycle(202605), Cycle(202606)
START, STOP = utc("2026-01-01 00:00"), utc("2027-03-01 00:00")


def of(*versions: tuple[str, Policy]) -> Policy:
    """The policy of these versions, as it held first."""
    return PolicyHistory([(utc(since), policy) for since, policy in versions]).at(START)


def swept_at(at: time, **more: object) -> Policy:
    return Policy(zone=UTC, collection=CollectionPolicy(sweep_time=at), **more)  # type: ignore[arg-type]


SECOND, FIFTH = Policy(zone=UTC, issue_day=2), Policy(zone=UTC, issue_day=5)


def test_the_version_that_holds_begins_at_its_instant():
    policy = of(("2026-01-01 00:00", SECOND), ("2026-05-10 00:00", FIFTH))
    assert [policy.at(utc(at)).issue_day for at in ("1990-01-01 00:00", "2026-05-09 23:59:59")] == [2, 2]
    assert [policy.at(utc(at)).issue_day for at in ("2026-05-10 00:00", "2030-01-01 00:00")] == [5, 5]
    assert policy.at(utc("2030-01-01 00:00")).at(utc("2026-05-09 00:00")).issue_day == 2


@pytest.mark.parametrize(
    ("since", "before", "after", "instants"),
    [
        # The 2nd becomes the 5th well before: April is issued by the old version, May by the new.
        ("2026-05-10 00:00", SECOND, FIFTH, ("2026-05-02 12:00", "2026-06-05 12:00", "2026-07-05 12:00")),
        # The 2nd becomes the 5th between the two: what is issued stays issued.
        ("2026-06-03 00:00", SECOND, FIFTH, ("2026-05-02 12:00", "2026-06-02 12:00", "2026-07-05 12:00")),
        # The same an hour before noon of the 2nd: nothing is issued then, but on the 5th.
        ("2026-06-02 11:00", SECOND, FIFTH, ("2026-05-02 12:00", "2026-06-05 12:00", "2026-07-05 12:00")),
        # The 5th becomes the 2nd when May is not issued and the 2nd is over: it is issued when the change holds.
        ("2026-06-03 00:00", FIFTH, SECOND, ("2026-05-05 12:00", "2026-06-03 00:00", "2026-07-02 12:00")),
        ("2026-06-02 12:00", FIFTH, SECOND, ("2026-05-05 12:00", "2026-06-02 12:00", "2026-07-02 12:00")),
        ("2026-06-05 12:00", FIFTH, SECOND, ("2026-05-05 12:00", "2026-06-05 12:00", "2026-07-02 12:00")),
        ("2026-06-06 00:00", FIFTH, SECOND, ("2026-05-05 12:00", "2026-06-05 12:00", "2026-07-02 12:00")),
    ],
)
def test_around_a_change_of_the_day_each_month_is_issued_once(since, before, after, instants):
    policy = of(("2026-01-01 00:00", before), (since, after))
    issued = [utc(instant) for instant in instants]
    assert [issuance_at(cycle, policy) for cycle in (APRIL, MAY, JUNE)] == issued
    assert issuances_between(utc("2026-05-01 00:00"), utc("2026-07-31 00:00"), policy) == list(
        zip((APRIL, MAY, JUNE), issued, strict=True)
    )


def test_fees_are_late_by_the_version_that_issued_their_month():
    policy = of(("2026-01-01 00:00", SECOND), ("2026-05-10 00:00", FIFTH))
    assert booking_cycle(utc("2026-05-20 00:00"), utc("2026-06-05 11:59"), policy) == (MAY, False)
    assert booking_cycle(utc("2026-04-20 00:00"), utc("2026-05-02 12:00"), policy) == (MAY, True)


@pytest.mark.parametrize(
    ("since", "before", "after", "instant"),
    [
        ("2026-05-31 22:30", time(23), time(22), "2026-05-31 22:30"),
        ("2026-05-31 22:30", time(22), time(23), "2026-05-31 22:00"),
        ("2026-05-31 21:00", time(22), time(23), "2026-05-31 23:00"),
        ("2026-06-01 00:00", time(22), time(23), "2026-05-31 22:00"),
    ],
)
def test_around_a_change_of_the_hour_each_month_is_swept_once(since, before, after, instant):
    policy = of(("2026-01-01 00:00", swept_at(before)), (since, swept_at(after)))
    assert sweep_at(MAY, policy) == utc(instant)
    found = sweeps_between(utc("2026-05-30 00:00"), utc("2026-06-29 00:00"), policy)
    assert found == [(MAY, utc(instant))]


def test_a_change_of_zone_moves_months_days_and_due_dates_from_its_instant_on():
    policy = of(("2026-01-01 00:00", Policy(zone=SHANGHAI)), ("2026-05-10 12:00", Policy(zone=BERLIN)))
    zone = policy.at(utc("2026-05-10 12:00")).zone
    assert zone is policy.zone
    assert cycle_bounds(MAY, zone) == (utc("2026-04-30 16:00"), utc("2026-05-31 22:00"))
    assert issuance_at(APRIL, policy) == utc("2026-05-02 04:00")
    assert issuance_at(MAY, policy) == utc("2026-06-02 10:00")
    assert day_begins_at(date(2026, 5, 10), zone) == utc("2026-05-09 16:00")
    assert day_begins_at(date(2026, 5, 11), zone) == utc("2026-05-10 22:00")
    assert due_at(date(2026, 5, 10), zone) == utc("2026-05-10 22:00")
    assert [utc(at).astimezone(zone).hour for at in ("2026-05-10 11:59", "2026-05-10 12:00")] == [19, 14]
    # 19:59 local comes twice; as elsewhere it is the first of the two.
    assert datetime(2026, 5, 10, 19, tzinfo=zone).astimezone(UTC) == utc("2026-05-10 11:00")
    assert datetime(2026, 5, 10, 19, fold=1, tzinfo=zone).astimezone(UTC) == utc("2026-05-10 17:00")


def test_a_local_time_that_a_change_of_zone_skips_counts_as_if_the_clock_had_not_been_moved():
    zone = of(("2026-01-01 00:00", Policy(zone=BERLIN)), ("2026-05-10 06:00", Policy(zone=SHANGHAI))).zone
    # 8:00 in Berlin becomes 14:00.
    assert datetime(2026, 5, 10, 10, tzinfo=zone).astimezone(UTC) == utc("2026-05-10 08:00")
    assert utc("2026-05-10 08:00").astimezone(zone).hour == 16
    for at in (utc("2026-05-10 05:59"), utc("2026-05-10 06:00"), utc("2026-05-10 11:00")):
        assert at.astimezone(zone).astimezone(UTC) == at


def test_what_is_known_later_is_known_to_whoever_holds_a_version_already():
    history = PolicyHistory([(START, SECOND)])
    held = history.at(START)
    assert issuance_at(MAY, held) == utc("2026-06-02 12:00")
    history.learn([(START, SECOND), (utc("2026-05-10 00:00"), FIFTH)])
    assert issuance_at(MAY, held) == utc("2026-06-05 12:00")
    assert issuance_at(APRIL, held) == utc("2026-05-02 12:00")
    assert held.at(utc("2026-05-10 00:00")).issue_day == 5


# ------------------------------------------------------------------------------------------------ any history
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Etc/GMT+12",
        "Australia/Lord_Howe", "Asia/Kathmandu",
    )
]  # fmt: skip
INSTANTS = st.integers(0, int((STOP - START).total_seconds()) // 60).map(
    lambda minutes: START + timedelta(minutes=minutes)
)
VALUES = st.builds(
    lambda zone, day, at, sweep: Policy(
        zone=zone, issue_day=day, issue_time=at, collection=CollectionPolicy(sweep_time=sweep)
    ),
    st.sampled_from(ZONES),
    st.integers(1, 28),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)


@st.composite
def versions(draw) -> list[tuple[datetime, Policy]]:
    """Versions as people may set them: a new zone only where both show the same local day."""
    found = [(START, draw(VALUES))]
    for since in sorted(draw(st.lists(INSTANTS, max_size=6, unique=True))):
        policy = draw(VALUES)
        if since > START and same_local_day(since, found[-1][1].zone, policy.zone):
            found.append((since, policy))
    return found


def cycles_from(first: Cycle, count: int) -> list[Cycle]:
    found = [first]
    while len(found) < count:
        found.append(next_cycle(found[-1]))
    return found


@given(versions(), st.lists(INSTANTS, max_size=8))
def test_every_month_is_issued_and_swept_once_whatever_the_versions_and_however_one_asks(found, asked):
    policy = PolicyHistory(found).at(START)
    cycles = cycles_from(Cycle(202511), 18)
    for instant_of, between, cycle_at in (
        (issuance_at, issuances_between, issued_cycle_at),
        (sweep_at, sweeps_between, swept_cycle_at),
    ):
        instants = [instant_of(cycle, policy) for cycle in cycles]
        assert instants == sorted(set(instants)), "in order, and no two at once"
        assert [cycle_at(instant, policy) for instant in instants] == cycles
        steps = [START, *sorted(asked), STOP]
        owed = [one for pair in pairwise(steps) for one in between(*pair, policy)]
        assert owed == [pair for pair in zip(cycles, instants, strict=True) if START < pair[1] <= STOP]
    for cycle in cycles[:-1]:
        start, end = cycle_bounds(cycle, policy.zone)
        assert start < sweep_at(cycle, policy) <= end <= issuance_at(cycle, policy)
        assert issuance_at(cycle, policy) < cycle_bounds(next_cycle(cycle), policy.zone)[1]
        assert last_cycle_issued_by(issuance_at(cycle, policy), policy) == cycle
        assert last_cycle_issued_by(issuance_at(cycle, policy) - timedelta(seconds=1), policy) < cycle


@given(versions(), INSTANTS)
def test_months_and_days_follow_on_one_another_whatever_the_versions(found, at):
    zone = PolicyHistory(found).at(START).zone
    start, end = cycle_bounds(cycle_of(at, zone), zone)
    assert start <= at < end
    assert (
        day_begins_at(day_of(at, zone), zone)
        <= at
        < day_begins_at(day_of(at, zone) + timedelta(days=1), zone)
    )
    days = days_between(START, STOP, zone)
    assert [day_of(instant, zone) for instant in days] == [
        day_of(days[0], zone) + timedelta(days=number) for number in range(len(days))
    ]


def until(now: datetime, policy: Policy) -> list[object]:
    """Every instant that has been."""
    return [
        *issuances_between(START, now, policy),
        *sweeps_between(START, now, policy),
        *days_between(START, now, policy.zone),
    ]


@given(versions(), INSTANTS, VALUES)
def test_a_version_that_is_set_for_later_changes_nothing_that_has_been(found, now, later):
    known = [version for version in found if version[0] <= now]
    assume(known)
    history = PolicyHistory(known)
    policy = history.at(now)
    before = until(now, policy)
    since = now + timedelta(minutes=2)
    assume(same_local_day(since, known[-1][1].zone, later.zone))
    history.learn([*known, (since, later)])
    policy = history.at(now)
    assert until(now, policy) == before
    after = [*issuances_between(now, STOP, policy), *sweeps_between(now, STOP, policy)]
    assert all(instant > now for _, instant in after)
