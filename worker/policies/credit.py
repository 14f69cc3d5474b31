"""From the settings of credit control to the values that rules take."""

from __future__ import annotations

from functools import lru_cache

from config.settings import Settings
from settlement.model.policies.credit import CreditPolicy
from settlement.model.terms import CountryDays
from worker.policies.holidays import HolidayCalendar


@lru_cache(maxsize=1)
def _calendar() -> HolidayCalendar:
    """One for all versions of the policy: it grows with every country that is asked about."""
    return HolidayCalendar()


def credit_policy_of(settings: Settings) -> CreditPolicy:
    """The values that the rules of credit control depend on, with the holidays of the installed library."""
    given = settings.credit
    return CreditPolicy(
        remind_before_days=given.remind_before_days,
        remind_after_days=given.remind_after_days,
        low_credit_days=given.low_credit_days,
        country_days=tuple(
            CountryDays(country, frozenset(days.working), frozenset(days.closed), frozenset(days.published))
            for country, days in sorted(given.country_days.items())
        ),
        calendar=_calendar(),
    )
