"""Working days by country, as the library `holidays` knows them. Rule: R6.1c."""

from __future__ import annotations

import threading
from datetime import date
from importlib import metadata
from typing import Any

from settlement.errors import Refused


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
