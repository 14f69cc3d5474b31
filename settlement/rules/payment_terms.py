"""When a bill is due by its contract. Rule: R6.1.

A period starts on the local day on which the last bill of the settlement cycle is issued; a bill is due at the end of
the local day on which the period ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from settlement.errors import Refused
from settlement.model.cycle import Cycle
from settlement.model.policy import Policy
from settlement.model.terms import BusinessCalendar, PaymentTerm
from settlement.rules.calendar import issuance_at

MOST_DAYS = 365


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


def last_cycle_of(term: PaymentTerm, cycle: Cycle) -> Cycle:
    """The last cycle of the settlement cycle that a cycle belongs to; quarters are those of the calendar."""
    if term.settlement_cycle == "monthly":
        return cycle
    year, month = divmod(cycle, 100)
    return Cycle(year * 100 + (month + 2) // 3 * 3)


def due_on(term: PaymentTerm, cycle: Cycle, policy: Policy, calendar: BusinessCalendar) -> date:
    """The local day at whose end the bill of a cycle is due.

    Raises:
        Refused: `unknown_country`.
    """
    issued = issuance_at(last_cycle_of(term, cycle), policy).astimezone(policy.zone).date()
    if term.day_kind == "calendar":
        return issued + timedelta(days=term.period_days)
    return _business_day(term, issued, calendar)


def _business_day(term: PaymentTerm, start: date, calendar: BusinessCalendar) -> date:
    """The n-th working day after the start; the first one from the start on for a period of no days."""
    day, left = (start, term.period_days) if term.period_days else (start - timedelta(days=1), 1)
    while left:
        day += timedelta(days=1)
        if day not in term.closing_days and calendar.is_working_day(term.country or "", day):
            left -= 1
    return day


def due_at(day: date, zone: tzinfo) -> datetime:
    """The instant (UTC) at which a bill due on this local day becomes overdue: the next local midnight."""
    return datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)


def is_overdue(day: date, at: datetime, zone: tzinfo) -> bool:
    """Has the local day ended at `at`."""
    return at >= due_at(day, zone)


def rule_text(term: PaymentTerm) -> str:
    """The term in words that do not change: `quarterly, 10 business days, CN, 2 closing days`."""
    parts = [term.settlement_cycle, f"{term.period_days} {term.day_kind} days"]
    if term.day_kind == "business":
        parts.append(term.country or "")
        if term.closing_days:
            parts.append(f"{len(term.closing_days)} closing days")
    return ", ".join(parts)
