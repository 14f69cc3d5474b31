"""When a bill is due by its contract. Rule: R6.1.

A period starts on the local day on which the last bill of the settlement cycle is issued; a bill is due at the end of
the local day on which the period ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from settlement.errors import Refused
from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.model.terms import (
    PROVISIONAL,
    BusinessCalendar,
    CountryDays,
    DayKind,
    PaymentTerm,
    SettlementCycle,
    WeekdaysOnly,
)
from settlement.rules.calendar import issuance_at

MOST_DAYS = 365
# A year of working days takes a year and a half; closing days, at most a thousand, may add three.
_MOST_SEARCHED = timedelta(days=10 * 366)
_WEEKDAYS = WeekdaysOnly()


class DueDate(NamedTuple):
    """The local day at whose end a bill is due, and the rule that gave it, in words, with the calendar's edition."""

    day: date
    rule: str


class _TermRule(NamedTuple):
    """What of a term decides the day: the same for every account with such a contract."""

    settlement_cycle: SettlementCycle
    period_days: int
    day_kind: DayKind
    country: str | None
    closing_days: frozenset[date]
    days_set: tuple[CountryDays, ...]


def check_term(term: PaymentTerm) -> None:
    """Raises Refused, `bad_term`, when the term makes no sense."""
    if not 0 <= term.period_days <= MOST_DAYS:
        raise Refused("bad_term", f"a payment period is 0 to {MOST_DAYS} days, not {term.period_days}")
    if term.day_kind == "business" and not term.country:
        raise Refused("bad_term", "business days are those of a country: name it in data.country")
    if term.until_cycle is not None and term.until_cycle < term.from_cycle:
        raise Refused("bad_term", "until_cycle is before from_cycle")


def term_for(terms: Sequence[PaymentTerm], cycle: Cycle) -> PaymentTerm | None:
    """The term of a cycle's bill: of those that hold for it the one that begins last."""
    fitting = [
        term
        for term in terms
        if term.from_cycle <= cycle and (term.until_cycle is None or cycle <= term.until_cycle)
    ]
    return max(fitting, key=lambda term: term.from_cycle, default=None)


def last_cycle_of(settlement_cycle: SettlementCycle, cycle: Cycle) -> Cycle:
    """The last cycle of the settlement cycle that a cycle belongs to; quarters are those of the calendar."""
    if settlement_cycle == "monthly":
        return cycle
    year, month = divmod(cycle, 100)
    return Cycle(year * 100 + (month + 2) // 3 * 3)


def due_date(term: PaymentTerm, cycle: Cycle, policy: Policy) -> DueDate:
    """When the bill of a cycle is due. It is worked out once for all contracts that say the same.

    Business days are those of the policy's calendar, but for days that a setting names. Where the calendar does not
    know them, Monday to Friday count, and where its country has not published them, those known so far; the rule says
    so: a bill is issued on its day whatever has become of a calendar. Rule: R6.1c, R6.1e, R6.1h, R6.1i.
    """
    # Found anew each time: policies that are equal may be of different histories, which is when bills are issued.
    issued = issuance_at(last_cycle_of(term.settlement_cycle, cycle), policy).astimezone(policy.zone).date()
    rule = _TermRule(
        term.settlement_cycle,
        term.period_days,
        term.day_kind,
        term.country,
        term.closing_days,
        _days_set(term.country or "", policy.credit.country_days),
    )
    return _due_date(rule, issued, policy.credit.calendar)


@lru_cache(maxsize=4096)
def _due_date(rule: _TermRule, issued: date, calendar: BusinessCalendar) -> DueDate:
    words = _words(rule)
    if rule.day_kind == "calendar":
        return DueDate(issued + timedelta(days=rule.period_days), f"{words}; {calendar.version}")
    try:
        day = _business_day(rule, issued, calendar)
        return DueDate(day, f"{words}; {calendar.version}{_provisional(rule, issued, day, calendar)}")
    except Refused as refusal:
        why = f"{_WEEKDAYS.version}, since {calendar.version} failed: {refusal.code}"
        return DueDate(_business_day(rule, issued, _WEEKDAYS), f"{words}; {why}")


def _business_day(rule: _TermRule, start: date, calendar: BusinessCalendar) -> date:
    """The n-th working day after the start; the first one from the start on for a period of no days.

    Raises:
        Refused: `unknown_country`, or what else the calendar has to say; `no_working_days` within ten years.
    """
    day, left = (start, rule.period_days) if rule.period_days else (start - timedelta(days=1), 1)
    last = start + _MOST_SEARCHED
    while left:
        day += timedelta(days=1)
        if day > last:
            raise Refused("no_working_days", f"no {rule.period_days} working days until {last}")
        if day not in rule.closing_days and _is_working_day(rule, day, calendar):
            left -= 1
    return day


def _days_set(country: str, known: Sequence[CountryDays]) -> tuple[CountryDays, ...]:
    """What is set of a country's days: of the part that is named first, then of the whole. Rule: R6.1i."""
    names = (country, country.partition("-")[0])
    return tuple(days for name in dict.fromkeys(names) for days in known if days.country == name)


def _is_working_day(rule: _TermRule, day: date, calendar: BusinessCalendar) -> bool:
    for days in rule.days_set:
        if day in days.working or day in days.closed:
            return day in days.working
    return calendar.is_working_day(rule.country or "", day)


def _provisional(rule: _TermRule, start: date, end: date, calendar: BusinessCalendar) -> str:
    """How the rule goes on where years were counted whose make-up days are not published; else nothing. Rule: R6.1h."""
    country = rule.country or ""
    open_years = [
        str(year)
        for year in range(start.year, end.year + 1)
        if not any(year in days.published for days in rule.days_set)
        and not calendar.is_published(country, year)
    ]
    if not open_years:
        return ""
    return f"{PROVISIONAL}make-up days of {country} in {' and '.join(open_years)} are not published"


def due_at(day: date, zone: tzinfo) -> datetime:
    """The instant (UTC) at which a bill due on this local day becomes overdue: the next local midnight."""
    return datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)


def is_overdue(day: date, at: datetime, zone: tzinfo) -> bool:
    """Has the local day ended at `at`."""
    return at >= due_at(day, zone)


def _words(rule: _TermRule) -> str:
    """The term in words that do not change: `quarterly, 10 business days, CN, 2 closing days`."""
    parts = [rule.settlement_cycle, f"{rule.period_days} {rule.day_kind} days"]
    if rule.day_kind == "business":
        parts.append(rule.country or "")
        if rule.closing_days:
            parts.append(f"{len(rule.closing_days)} closing days")
        parts += [f"days set for {days.country}" for days in rule.days_set]
    return ", ".join(parts)
