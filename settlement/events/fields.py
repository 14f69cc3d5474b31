"""The kinds of fields that events are made of: names, instants, currencies, amounts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


def printable(text: str) -> str:
    """PostgreSQL stores no NUL in text, and a name with control characters is a mistake at its source."""
    if any(ord(char) < 32 for char in text):
        raise ValueError("must not contain control characters")
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(printable)]


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be an instant between the years 1 and 9999") from None


Instant = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_in_utc)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Amount = Annotated[
    str, Field(description="Decimal string in the major unit, above zero.", examples=["12.34"])
]
AmountOrZero = Annotated[
    str, Field(description="Decimal string in the major unit, zero or more.", examples=["0.00"])
]


class Data(BaseModel):
    """The data of an event: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
