"""The values that the rules of credit control depend on. Rule: R1.5, R6.*."""

from __future__ import annotations

from dataclasses import dataclass, field

from settlement.model.terms import BusinessCalendar, CountryDays, WeekdaysOnly


@dataclass(frozen=True, slots=True)
class CreditPolicy:
    """How this deployment treats accounts on credit control.

    `remind_before_days` and `remind_after_days`: local days before and after a bill's due date on which to remind.
    `low_credit_days`: on how many local days in a row low available credit is announced. `calendar` knows which days
    are working days, but where `country_days` says otherwise.
    """

    remind_before_days: tuple[int, ...] = (7, 3, 1)
    remind_after_days: tuple[int, ...] = (1, 7, 14, 30)
    low_credit_days: int = 5
    country_days: tuple[CountryDays, ...] = ()
    calendar: BusinessCalendar = field(default_factory=WeekdaysOnly)
