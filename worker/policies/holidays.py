"""Working days by country, as the library `holidays` knows them. Rule: R6.1c."""

from __future__ import annotations

import threading
from datetime import date
from importlib import metadata
from typing import Any

from settlement.errors import Refused

# Whose governments move working days to weekends by a decision for each year. Elsewhere they are moved rarely or never.
MOVED_YEARLY = frozenset({"AZ", "BY", "CN", "HU", "KZ", "LV", "RU", "UZ", "VN"})
# A year without one is known to be so when a later one has some: a decision is for one year, or two.
_YEARS_AHEAD = 3


class HolidayCalendar:
    """Public holidays by country and subdivision, make-up working days included. Safe to share between threads."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._version = f"holidays {metadata.version('holidays')}"

    @property
    def version(self) -> str:
        """The library and its release, kept with every due date."""
        return self._version

    def is_working_day(self, country: str, day: date) -> bool:
        """Is this local day one on which people work there. `country` is ISO 3166-1, as `DE` or `DE-BY`.

        Weekends are the country's own, Friday and Saturday in Egypt.

        Raises:
            Refused: `unknown_country`, or `calendar_failed` when the library fails in whatever way.
        """
        # The library adds a year when it is first requested, which threads must not do at once.
        with self._lock:
            try:
                return bool(self._of(country).is_working_day(day))
            except Refused:
                raise
            except Exception as error:
                # The data of a hundred countries is not ours to vouch for.
                raise Refused(
                    "calendar_failed", f"the holidays of {country} on {day}: {type(error).__name__}: {error}"
                ) from error

    def is_published(self, country: str, year: int) -> bool:
        """Does the library know make-up days of that year or a later one, where a country has new ones every year.

        Raises:
            Refused: as `is_working_day`.
        """
        code = country.partition("-")[0]
        return code not in MOVED_YEARLY or any(
            self._has_make_up_days(country, later) for later in range(year, year + _YEARS_AHEAD)
        )

    def _has_make_up_days(self, country: str, year: int) -> bool:
        # To ask about a day loads its year.
        self.is_working_day(country, date(year, 1, 1))
        with self._lock:
            return any(day.year == year for day in self._of(country).weekend_workdays)

    def _of(self, country: str) -> Any:
        if country not in self._known:
            # Loaded where a contract asks for business days: it knows a great many countries.
            from holidays import country_holidays

            code, _, subdivision = country.partition("-")
            try:
                self._known[country] = country_holidays(code, subdiv=subdivision or None)
            except NotImplementedError:
                raise Refused(
                    "unknown_country",
                    f"no public holidays are known for {country!r}; write ISO 3166-1, like DE, or DE-BY for a part",
                ) from None
        return self._known[country]
