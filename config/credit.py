"""Settings of credit control: when to remind of due dates, and how often to tell of low credit."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.group import Count, Group, Json

Days = Annotated[int, Field(ge=0, le=365)]


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
