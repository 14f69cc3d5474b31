"""When a bill is due by its contract: calendar stories, with real holidays where they matter. Rule: R6.1."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import Refused
from settlement.model.accounts import AccountId
from settlement.model.cycle import Cycle
from settlement.model.policies.calendar import BEGINNING
from settlement.model.policies.credit import CreditPolicy
from settlement.model.policies.policy import Policy, PolicyHistory
from settlement.model.terms import BusinessCalendar, CountryDays, PaymentTerm, WeekdaysOnly, is_provisional
from settlement.rules.terms import check_term, due_at, due_date, is_overdue, last_cycle_of, term_for
from tests.support.builders import utc
from worker.policies.holidays import MOVED_YEARLY, HolidayCalendar

HOLIDAYS = HolidayCalendar()
SHANGHAI = Policy(credit=CreditPolicy(calendar=HOLIDAYS))


def term(**given: Any) -> PaymentTerm:
    plain: dict[str, Any] = {
        "id": 1, "account_id": AccountId(1), "from_cycle": Cycle(202001), "until_cycle": None,
        "settlement_cycle": "monthly", "period_days": 10, "day_kind": "calendar", "country": None,
        "closing_days": frozenset(),
    }  # fmt: skip
    return PaymentTerm(**(plain | given))


def due(cycle: int, policy: Policy = SHANGHAI, **given: Any) -> date:
    return due_date(term(**given), Cycle(cycle), policy).day


# ----------------------------------------------------------------------------------------------- calendar days
@pytest.mark.parametrize(
    ("cycle", "days", "expected"),
    [
        (202610, 10, date(2026, 11, 12)),
        (202610, 0, date(2026, 11, 2)),
        (202611, 30, date(2027, 1, 1)),
        # January's bill is issued on the 2nd of February; 2028 is a leap year, 2027 is none, and neither is 2100.
        (202801, 28, date(2028, 3, 1)),
        (202701, 28, date(2027, 3, 2)),
        (210001, 28, date(2100, 3, 2)),
        (202801, 27, date(2028, 2, 29)),
    ],
)
def test_calendar_days_count_from_the_day_of_issuance(cycle, days, expected):
    assert due(cycle, period_days=days) == expected


@pytest.mark.parametrize(
    ("cycle", "last"),
    [
        (202601, 202603),
        (202603, 202603),
        (202604, 202606),
        (202610, 202612),
        (202612, 202612),
        (202809, 202809),
    ],
)
def test_a_quarter_ends_with_its_third_month(cycle, last):
    assert last_cycle_of("quarterly", Cycle(cycle)) == last


def test_every_bill_of_a_quarter_is_due_when_the_last_one_is():
    # December is issued on the 2nd of January of the next year.
    assert {due(cycle, settlement_cycle="quarterly") for cycle in (202610, 202611, 202612)} == {
        date(2027, 1, 12)
    }


# ----------------------------------------------------------------------------------------------- business days
def business(cycle: int, days: int, country: str, **given: Any) -> date:
    return due(cycle, period_days=days, day_kind="business", country=country, **given)


def test_chinas_make_up_days_are_working_days_and_the_week_of_spring_festival_is_none():
    # Issued on Monday the 2nd of February 2026; Saturday the 14th is worked, the 16th to the 23rd are free.
    assert business(202601, 9, "CN") == date(2026, 2, 13)
    assert business(202601, 10, "CN") == date(2026, 2, 14)
    assert business(202601, 11, "CN") == date(2026, 2, 24)


def test_chinas_national_day_and_the_saturday_that_makes_up_for_it():
    # September's bill is issued on the 2nd of October, a holiday; the first working day is the 8th.
    assert [business(202609, days, "CN") for days in (0, 1, 2, 3, 4)] == [
        date(2026, 10, 8), date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 10), date(2026, 10, 12),
    ]  # fmt: skip


def test_easter_in_germany_and_a_holiday_of_bavaria_alone():
    assert business(202603, 1, "DE") == date(2026, 4, 7)
    # Issued on Friday the 2nd of January; the 6th is Epiphany in Bavaria.
    assert business(202512, 2, "DE") == date(2026, 1, 6)
    assert business(202512, 2, "DE-BY") == date(2026, 1, 7)


def test_thanksgiving_is_a_holiday_and_the_day_after_it_is_none():
    assert business(202610, 18, "US") == date(2026, 11, 30)
    assert business(202610, 17, "US") == date(2026, 11, 27)
    assert business(202610, 16, "US") == date(2026, 11, 25)


def test_closing_days_of_the_contract_are_left_out_too():
    closed = frozenset((date(2026, 11, 27), date(2026, 11, 30)))
    assert business(202610, 17, "US", closing_days=closed) == date(2026, 12, 1)


@pytest.mark.parametrize("country", ["XX", "DE-XX", "EARTH"])
def test_a_country_that_nobody_knows_is_refused_by_name(country):
    with pytest.raises(Refused, match=country) as refused:
        HOLIDAYS.is_working_day(country, date(2026, 11, 3))
    assert refused.value.code == "unknown_country"


def test_weekends_are_those_of_the_country():
    # Thursday the 5th, then Sunday the 8th: Friday and Saturday are Egypt's weekend.
    assert [business(202610, days, "EG") for days in (3, 4)] == [date(2026, 11, 5), date(2026, 11, 8)]


@pytest.mark.parametrize("year", [1999, 2050, 2090])
def test_years_for_which_no_make_up_days_are_published_have_weekends_and_fixed_holidays(year):
    first = date(year + 1, 1, 1)
    assert not HOLIDAYS.is_working_day("CN", first)
    assert HOLIDAYS.is_working_day("CN", date(year, 11, 3)) == (date(year, 11, 3).weekday() < 5)


# ----------------------------------------------------------------------------------------------- days not published yet
LAST_PUBLISHED = max(year for year in range(2026, 2040) if HOLIDAYS.is_published("CN", year))
NEXT = LAST_PUBLISHED + 1


def rule_of(cycle: int, country: str, policy: Policy = SHANGHAI, days: int = 10) -> str:
    return due_date(term(period_days=days, day_kind="business", country=country), Cycle(cycle), policy).rule


def test_a_due_date_counted_over_a_year_whose_make_up_days_are_not_published_is_provisional_and_says_which():
    rule = rule_of(NEXT * 100 + 1, "CN")
    assert rule == (
        f"monthly, 10 business days, CN; {HOLIDAYS.version}"
        f"; provisional: make-up days of CN in {NEXT} are not published"
    )
    assert is_provisional(rule)
    assert not is_provisional(rule_of(LAST_PUBLISHED * 100 + 1, "CN"))


def test_one_day_counted_in_such_a_year_is_enough():
    # November's bill is issued on the 2nd of December: 10 days end in that year, 40 in the next.
    november = LAST_PUBLISHED * 100 + 11
    assert not is_provisional(rule_of(november, "CN", days=10))
    assert is_provisional(rule_of(november, "CN", days=40))


@pytest.mark.parametrize("country", ["DE", "DE-BY", "US", "JP", "EG"])
def test_countries_that_move_no_days_by_the_year_have_no_provisional_due_dates(country):
    assert not is_provisional(rule_of(204001, country))


@pytest.mark.parametrize("country", sorted(MOVED_YEARLY))
def test_countries_that_do_are_known_to_have_done_so(country):
    assert HOLIDAYS.is_published(country, 2024)
    assert not HOLIDAYS.is_published(country, 2050)


def test_calendar_days_are_never_provisional():
    assert not is_provisional(due_date(term(), Cycle(205001), SHANGHAI).rule)


def with_days(*days: CountryDays) -> Policy:
    return Policy(credit=CreditPolicy(calendar=HOLIDAYS, country_days=days))


def test_days_that_a_setting_names_count_before_the_calendar_and_the_rule_says_so():
    # January's bill is issued on the 2nd of February; the first ten working days of 2026 end on Saturday the 14th.
    own = with_days(
        CountryDays("CN", frozenset((date(2026, 2, 8),)), frozenset((date(2026, 2, 3),)), frozenset())
    )
    found = due_date(term(day_kind="business", country="CN", period_days=10), Cycle(202601), own)
    assert found.day == date(2026, 2, 14)
    assert found.rule == f"monthly, 10 business days, CN, days set for CN; {HOLIDAYS.version}"
    only_working = with_days(CountryDays("CN", working=frozenset((date(2026, 2, 8),))))
    assert due(202601, only_working, day_kind="business", country="CN", period_days=9) == date(2026, 2, 12)


def test_a_year_that_a_setting_calls_published_is_not_provisional():
    own = with_days(CountryDays("CN", published=frozenset((NEXT,))))
    assert not is_provisional(rule_of(NEXT * 100 + 1, "CN", own))
    assert is_provisional(rule_of((NEXT + 1) * 100 + 1, "CN", own))
    assert is_provisional(rule_of(NEXT * 100 + 1, "HU", own))


def test_what_is_set_for_a_country_holds_in_its_parts_but_where_the_part_has_it_otherwise():
    day = date(2026, 4, 7)
    closed, worked = (
        CountryDays("DE", closed=frozenset((day,))),
        CountryDays("DE-BY", working=frozenset((day,))),
    )
    own = with_days(closed, worked)
    assert due(202603, own, day_kind="business", country="DE", period_days=1) == date(2026, 4, 8)
    assert due(202603, own, day_kind="business", country="DE-BE", period_days=1) == date(2026, 4, 8)
    assert due(202603, own, day_kind="business", country="DE-BY", period_days=1) == day


# ----------------------------------------------------------------------------------------------- calendars that fail
class Failing(WeekdaysOnly):
    """Knows no country any more, as after an update of the library, or knows no working day at all."""

    def __init__(self, *, refuses: bool) -> None:
        self.refuses = refuses
        self.asked = 0

    @property
    def version(self) -> str:
        return "almanac 2"

    def is_working_day(self, country: str, day: date) -> bool:
        self.asked += 1
        if self.refuses:
            raise Refused("unknown_country", f"no public holidays are known for {country}")
        return False


def by(calendar: BusinessCalendar) -> Policy:
    return Policy(credit=CreditPolicy(calendar=calendar))


@pytest.mark.parametrize(("refuses", "code"), [(True, "unknown_country"), (False, "no_working_days")])
def test_where_the_calendar_fails_weekdays_count_and_the_rule_says_so(refuses, code):
    found = due_date(
        term(day_kind="business", country="XX", period_days=5, closing_days=frozenset((date(2026, 11, 4),))),
        Cycle(202610),
        by(Failing(refuses=refuses)),
    )
    # Issued on Monday the 2nd; the 4th is closed, the 7th and 8th are a weekend.
    assert found.day == date(2026, 11, 10)
    assert found.rule == (
        f"monthly, 5 business days, XX, 1 closing days; weekdays, since almanac 2 failed: {code}"
    )


def test_whatever_a_library_of_holidays_raises_is_a_refusal(monkeypatch):
    calendar = HolidayCalendar()
    monkeypatch.setattr(calendar, "_of", lambda _: 1 / 0)
    with pytest.raises(Refused, match="ZeroDivisionError") as refused:
        calendar.is_working_day("CN", date(2026, 11, 3))
    assert refused.value.code == "calendar_failed"


def test_a_hundred_thousand_contracts_that_say_the_same_cost_one_computation():
    class Counting(WeekdaysOnly):
        asked = 0

        def is_working_day(self, country: str, day: date) -> bool:
            Counting.asked += 1
            return super().is_working_day(country, day)

    policy = by(Counting())
    given = {"day_kind": "business", "country": "CN", "closing_days": frozenset((date(2026, 11, 27),))}
    found = {
        due_date(term(id=number, account_id=AccountId(number), **given), Cycle(202610), policy)
        for number in range(1000)
    }
    assert len(found) == 1
    assert Counting.asked < 20
    # Another edition of the calendar is asked anew.
    assert due_date(term(**given), Cycle(202610), by(WeekdaysOnly())) in found


# ----------------------------------------------------------------------------------------------- the end of the day
@pytest.mark.parametrize(
    ("zone", "day", "ends"),
    [
        ("Asia/Shanghai", date(2026, 11, 12), "2026-11-12 16:00"),
        # Summer time begins, and ends, in the night after these days or on them.
        ("Europe/Berlin", date(2026, 3, 28), "2026-03-28 23:00"),
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-29 22:00"),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-25 23:00"),
        ("America/New_York", date(2026, 11, 1), "2026-11-02 05:00"),
        # On the 24th of April 2026 Cairo has no midnight: its clocks go from 00:00 to 01:00.
        ("Africa/Cairo", date(2026, 4, 23), "2026-04-23 22:00"),
    ],
)
def test_a_bill_is_due_until_the_local_day_has_ended(zone, day, ends):
    where = ZoneInfo(zone)
    assert due_at(day, where) == utc(ends)
    assert not is_overdue(day, utc(ends) - timedelta(microseconds=1), where)
    assert is_overdue(day, utc(ends), where)


# ----------------------------------------------------------------------------------------------- contracts
def test_of_several_terms_the_one_that_begins_last_holds():
    first, second = (
        term(until_cycle=Cycle(202612)),
        term(id=2, from_cycle=Cycle(202607), until_cycle=Cycle(202609)),
    )
    held = {
        cycle: term_for([first, second], Cycle(cycle))
        for cycle in (201912, 202606, 202607, 202609, 202610, 202701)
    }
    assert held == {201912: None, 202606: first, 202607: second, 202609: second, 202610: first, 202701: None}


@pytest.mark.parametrize(
    "given",
    [{"period_days": -1}, {"period_days": 366}, {"day_kind": "business"}, {"until_cycle": Cycle(201912)}],
)
def test_a_term_that_makes_no_sense_is_refused(given):
    with pytest.raises(Refused) as refused:
        check_term(term(**given))
    assert refused.value.code == "bad_term"


def test_the_rule_is_written_the_same_every_time():
    closed = frozenset((date(2026, 1, 2), date(2026, 1, 3)))
    given = {"settlement_cycle": "quarterly", "day_kind": "business", "country": "CN", "closing_days": closed}
    assert due_date(term(), Cycle(202610), by(WeekdaysOnly())).rule == "monthly, 10 calendar days; weekdays"
    assert due_date(term(**given), Cycle(202510), SHANGHAI).rule == (
        f"quarterly, 10 business days, CN, 2 closing days; {HOLIDAYS.version}"
    )
    assert HOLIDAYS.version.startswith("holidays 0.")


WEEKDAYS = by(WeekdaysOnly())
CYCLES = st.builds(lambda year, month: Cycle(year * 100 + month), st.integers(2000, 2090), st.integers(1, 12))


@given(
    CYCLES,
    st.integers(0, 200),
    st.sampled_from(["calendar", "business"]),
    st.sampled_from(["monthly", "quarterly"]),
)
def test_a_longer_period_is_never_due_sooner_and_business_days_are_worked(cycle, days, kind, settles):
    def due_after(period: int) -> date:
        made = term(period_days=period, day_kind=kind, country="CN", settlement_cycle=settles)
        return due_date(made, cycle, WEEKDAYS).day

    shorter, longer = due_after(days), due_after(days + 1)
    assert shorter <= longer <= shorter + timedelta(days=4)
    assert longer > shorter or days == 0
    assert kind == "calendar" or shorter.weekday() < 5


# --------------------------------------------------------------------------------------- settings that change
def test_a_due_date_follows_a_change_of_the_calendar_that_became_known_after_it_was_asked_for():
    """The version that holds is the same one, and was once asked when it was the only one."""
    second = Policy()
    fifth = replace(second, issue_day=5)
    history = PolicyHistory([(BEGINNING, second)])
    policy = history.at(utc("2026-12-01 00:00"))
    assert due(202612, policy, period_days=10) == date(2027, 1, 12)

    history.learn([(BEGINNING, second), (utc("2026-12-20 00:00"), fifth)])
    assert due(202612, policy, period_days=10) == date(2027, 1, 15)
    assert due(202611, policy, period_days=10) == date(2026, 12, 12)


def test_versions_that_say_the_same_before_and_after_another_have_due_dates_of_their_own_history():
    second = Policy()
    versions = [
        (BEGINNING, second),
        (utc("2026-12-20 00:00"), replace(second, issue_day=5)),
        (utc("2027-01-20 00:00"), replace(second)),
    ]
    always = due(202612, second, period_days=10)
    changed = due(202612, PolicyHistory(versions).at(utc("2027-02-01 00:00")), period_days=10)
    assert (always, changed) == (date(2027, 1, 12), date(2027, 1, 15))


def test_a_day_that_a_country_sets_counts_from_the_version_on_that_says_so():
    """`credit.country_days` is a setting as any other: what was counted before it is not handed out after it."""
    before = Policy(credit=CreditPolicy(calendar=HOLIDAYS))
    closed = CountryDays("DE", closed=frozenset({date(2026, 11, 3)}))
    after = replace(before, credit=replace(before.credit, country_days=(closed,)))
    history = PolicyHistory([(BEGINNING, before), (utc("2026-11-01 00:00"), after)])
    days = {"period_days": 1, "day_kind": "business", "country": "DE"}
    assert due(202610, history.at(utc("2026-10-31 00:00")), **days) == date(2026, 11, 3)
    assert due(202610, history.at(utc("2026-11-01 00:00")), **days) == date(2026, 11, 4)
    assert due(202610, history.at(utc("2026-10-31 00:00")), **days) == date(2026, 11, 3)
