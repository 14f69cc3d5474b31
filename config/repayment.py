"""Settings of repayment by people: how long a manual payment may hold back, and since when records are kept."""

from __future__ import annotations

from pydantic import Field, field_validator

from config.group import Count, Group


class RepaymentSettings(Group):
    """Manual payments and the records of repayments."""

    payment_lease_s: Count = Field(
        1800, description="Seconds for which a manual payment under way holds automatic write-off at most."
    )
    records_since: str = Field(
        "2023-01",
        pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$",
        description="Repayment records are shown and exported for bills of this month and later ones, YYYY-MM.",
    )

    @field_validator("records_since")
    @classmethod
    def _is_a_month(cls, value: str) -> str:
        if not "1900-01" <= value <= "2999-12":
            message = "is a month from 1900-01 to 2999-12"
            raise ValueError(message)
        return value
