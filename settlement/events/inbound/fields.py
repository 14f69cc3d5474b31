"""What the data of events is made of: names, instants, currencies, amounts, and the base of every kind of event."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal
from unicodedata import category

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from settlement.model.commands.command import Command, EventHead
from settlement.model.money import exponent_of, parse_amount

Senders = Literal["anyone", "operator"]


class Data(BaseModel):
    """Nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class EventData(Data):
    """The data of one kind of event. Its docstring is the text of docs/events.md: what the event brings about."""

    TYPE: ClassVar[str]
    SENDERS: ClassVar[Senders] = "anyone"
    # As JSON.
    EXAMPLE: ClassVar[str]

    def command(self, head: EventHead) -> Command:
        """What the event wants done.

        Raises:
            Refused: the fields do not go together, or an amount is none.
        """
        raise NotImplementedError


# Control characters, and what ends a line or a paragraph.
_NO_NAME = frozenset(("Cc", "Zl", "Zp"))


def printable(text: str) -> str:
    """PostgreSQL stores no NUL in text, and a name with control characters is a mistake at its source."""
    if any(category(char) in _NO_NAME for char in text):
        raise ValueError("must not contain control characters or ends of lines")
    if text and not text.strip():
        raise ValueError("must not be blank")
    return text


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be an instant between the years 1 and 9999") from None


Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(printable)]
NameOrNone = Annotated[str, StringConstraints(max_length=200), AfterValidator(printable)]
Instant = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_in_utc)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
CycleText = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$"), Field(description="`YYYY-MM`")
]
Amount = Annotated[str, Field(examples=["12.34"])]
AmountOrZero = Annotated[str, Field(description="zero or more", examples=["0.00"])]


def amount_or_zero(text: str, currency: str) -> int:
    """An amount that may be nothing, in minor units.

    Raises:
        Refused: `bad_amount`, `unknown_currency`.
    """
    if text.strip("0.") == "" and text.strip(".") and text.count(".") <= 1:
        exponent_of(currency)
        return 0
    return parse_amount(text, currency)
