"""Settings of credit control: when to remind of due dates, and how often to tell of low credit."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from config.group import Count, Group, Json

Days = Annotated[int, Field(ge=0, le=365)]

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
Year = Annotated[int, Field(ge=2000, le=2999)]


class CountryDaysSettings(Group):
    """Days of one country, or a part of it, that are otherwise than its calendar has them, and years that are known."""

    working: tuple[date, ...] = ()
    closed: tuple[date, ...] = ()
    published: tuple[Year, ...] = ()

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> CountryDaysSettings:
        if both := sorted(set(self.working) & set(self.closed)):
            message = f"{both[0]} is both working and closed"
            raise ValueError(message)
        return self


class CreditSettings(Group):
    """How accounts on credit control are reminded."""

    remind_before_days: Json[tuple[Days, ...]] = Field(
        (7, 3, 1), description="JSON list of days before a bill's due date on which to remind of it."
    )
    remind_after_days: Json[tuple[Days, ...]] = Field(
        (1, 7, 14, 30), description="JSON list of days after a bill's due date on which to remind of it."
    )
    low_credit_days: Count = Field(
        5, description="Local days in a row on which low available credit is announced."
    )
    country_days: Json[dict[Country, CountryDaysSettings]] = Field(
        {},
        description="JSON by country: working and closed days that its calendar does not have, and published years.",
    )
