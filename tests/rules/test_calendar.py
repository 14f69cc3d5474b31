"""When a bill is issued, to which month a fee belongs, what a scheduler owes. Rule: R1.7, R2.3, R3.1, R3.6."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from settlement.errors import Refused
from settlement.model.cycle import Cycle, cycle_of, cycle_text, next_cycle, parse_cycle
from settlement.model.policies.policy import Policy
from settlement.rules.calendar import (
    booking_cycle,
    cycle_bounds,
    issuance_at,
    issuances_between,
    issued_cycle_at,
    last_cycle_issued_by,
    lies_in_one_month,
)
from tests.support.builders import DEC, NOV, OCT, OCT_ISSUED, POLICY, utc

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("zone", "at", "cycle"),
    [
        (SHANGHAI, "2026-10-31 15:59:59", 202610),
        (SHANGHAI, "2026-10-31 16:00:00", 202611),  # midnight in Shanghai
        (SHANGHAI, "2026-12-31 16:00:00", 202701),
        (UTC, "2026-10-31 23:59:59", 202610),
        (UTC, "2026-11-01 00:00:00", 202611),
        (NEW_YORK, "2026-11-01 03:59:59", 202610),  # still summer time: UTC-4
        (NEW_YORK, "2026-11-01 04:00:00", 202611),
        (NEW_YORK, "2026-12-01 04:59:59", 202611),  # winter time: UTC-5
        (ZoneInfo("Pacific/Kiritimati"), "2026-10-31 10:00:00", 202611),
        (ZoneInfo("Asia/Kathmandu"), "2026-10-31 18:15:00", 202611),
    ],
)
def test_a_cycle_is_a_calendar_month_of_the_billing_zone(zone, at, cycle):
    assert cycle_of(utc(at), zone) == cycle


def test_the_zone_in_which_an_instant_is_written_makes_no_difference():
    at = datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert cycle_of(at.astimezone(timezone(timedelta(hours=-11))), SHANGHAI) == NOV


def test_the_billing_zone_is_shanghai_unless_set():
    assert Policy().zone == SHANGHAI


@pytest.mark.parametrize(("text", "cycle"), [("2026-10", 202610), ("1999-01", 199901), ("2026-12", 202612)])
def test_a_cycle_is_written_year_and_month(text, cycle):
    assert parse_cycle(text) == cycle
    assert cycle_text(cycle) == text


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "202610", "1899-12", "3000-01", "2026-10 ", "٢٠٢٦-10"]
)
def test_anything_else_is_no_cycle(text):
    with pytest.raises(Refused) as refusal:
        parse_cycle(text)
    assert refusal.value.code == "bad_cycle"


def test_the_year_turns_after_december():
    assert next_cycle(DEC) == 202701
    assert next_cycle(202609) == OCT


@pytest.mark.parametrize(
    ("zone", "cycle", "instant"),
    [
        ("Asia/Shanghai", 202610, "2026-11-02 04:00"),
        ("Asia/Shanghai", 202612, "2027-01-02 04:00"),
        ("UTC", 202610, "2026-11-02 12:00"),
        # 2 November 2026 is one day after the end of summer time, 2 November 2025 its very day.
        ("America/New_York", 202610, "2026-11-02 17:00"),
        ("America/New_York", 202510, "2025-11-02 17:00"),
        ("America/New_York", 202609, "2026-10-02 16:00"),
        ("Europe/Berlin", 202603, "2026-04-02 10:00"),
        ("Asia/Kolkata", 202602, "2026-03-02 06:30"),
    ],
)
def test_bills_are_issued_at_noon_on_the_second(zone, cycle, instant):
    assert issuance_at(Cycle(cycle), Policy(zone=ZoneInfo(zone))) == utc(instant)


def test_the_day_and_time_of_issuance_are_settings():
    assert issuance_at(OCT, Policy(zone=ZoneInfo("UTC"), issue_day=5, issue_time=time(6, 30))) == utc(
        "2026-11-05 06:30"
    )


def test_an_instant_of_issuance_names_its_cycle():
    assert issued_cycle_at(OCT_ISSUED, POLICY) == OCT
    assert issued_cycle_at(utc("2027-01-02 04:00"), POLICY) == DEC


def test_a_month_runs_from_local_midnight_to_local_midnight():
    assert cycle_bounds(OCT, SHANGHAI) == (utc("2026-09-30 16:00"), utc("2026-10-31 16:00"))
    assert cycle_bounds(NOV, NEW_YORK) == (utc("2026-11-01 04:00"), utc("2026-12-01 05:00"))


@pytest.mark.parametrize(
    ("at", "cycle"),
    [
        (OCT_ISSUED - SECOND, 202609),
        (OCT_ISSUED, 202610),
        (OCT_ISSUED + SECOND, 202610),
        (utc("2027-01-02 03:59:59"), 202611),
        (utc("2027-01-02 04:00:00"), 202612),
    ],
)
def test_the_last_cycle_issued_changes_at_the_instant(at, cycle):
    assert last_cycle_issued_by(at, POLICY) == cycle


def test_nothing_is_owed_between_two_issuances():
    assert issuances_between(OCT_ISSUED, utc("2026-12-02 03:59:59"), POLICY) == []


def test_an_issuance_is_owed_at_its_instant_and_once():
    assert issuances_between(OCT_ISSUED - SECOND, OCT_ISSUED, POLICY) == [(OCT, OCT_ISSUED)]
    assert issuances_between(OCT_ISSUED, OCT_ISSUED, POLICY) == []


def test_missed_issuances_are_owed_oldest_first_each_at_its_own_instant():
    assert issuances_between(OCT_ISSUED - SECOND, utc("2027-01-15 00:00"), POLICY) == [
        (OCT, utc("2026-11-02 04:00")),
        (NOV, utc("2026-12-02 04:00")),
        (DEC, utc("2027-01-02 04:00")),
    ]


def test_owed_issuances_add_up_however_often_one_asks():
    start, end = utc("2025-01-01 00:00"), utc("2027-01-01 00:00")
    at_once = issuances_between(start, end, POLICY)
    day_by_day = []
    while start < end:
        day_by_day += issuances_between(start, min(start + timedelta(days=1), end), POLICY)
        start += timedelta(days=1)
    assert day_by_day == at_once
    assert len(at_once) == 24


@pytest.mark.parametrize(
    ("incurred", "at", "booked"),
    [
        ("2026-10-15 00:00", "2026-10-15 00:01", (OCT, False)),
        ("2026-10-31 15:59", "2026-10-31 16:01", (OCT, False)),  # arrives in November, bill still open
        ("2026-10-15 00:00", "2026-11-02 03:59:59", (OCT, False)),
        ("2026-10-15 00:00", "2026-11-02 04:00:00", (NOV, True)),  # the instant itself is too late
        ("2026-10-15 00:00", "2026-11-30 15:59:59", (NOV, True)),
        ("2026-10-15 00:00", "2026-11-30 16:00:00", (DEC, True)),
        ("2024-02-29 00:00", "2026-11-20 00:00", (NOV, True)),
        ("2026-11-01 00:00", "2026-11-02 04:00:00", (NOV, False)),
        ("2026-12-25 00:00", "2026-11-20 00:00", (DEC, False)),  # ahead of its time
        ("2026-12-31 15:00", "2027-01-02 04:00:00", (Cycle(202701), True)),
    ],
)
def test_a_fee_belongs_to_its_month_until_that_month_is_issued(incurred, at, booked):
    assert booking_cycle(utc(incurred), utc(at), POLICY) == booked


@pytest.mark.parametrize(
    ("start", "end", "whole"),
    [
        ("2026-10-10 00:00", "2026-10-11 00:00", True),
        ("2026-09-30 16:00", "2026-10-31 16:00", True),  # the whole month, up to midnight
        ("2026-10-31 15:00", "2026-10-31 16:00:01", False),
        ("2026-09-30 15:59:59", "2026-10-10 00:00", False),
        ("2026-10-31 16:00", "2026-10-31 17:00", False),
    ],
)
def test_a_charge_lies_in_one_month_up_to_midnight(start, end, whole):
    assert lies_in_one_month(utc(start), utc(end), OCT, SHANGHAI) is whole


def test_a_charge_without_an_end_lies_where_it_began():
    assert lies_in_one_month(utc("2026-10-31 15:59:59"), None, OCT, SHANGHAI)


def test_another_zone_moves_the_edges():
    new_york = replace(POLICY, zone=NEW_YORK)
    assert booking_cycle(utc("2026-11-01 03:00"), utc("2026-11-01 05:00"), new_york) == (OCT, False)
    assert booking_cycle(utc("2026-11-01 03:00"), utc("2026-11-01 05:00"), POLICY) == (NOV, False)
