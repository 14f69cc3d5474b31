"""What the data of events is made of: names, instants, currencies, amounts, and the base of every kind of event."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
)

from settlement.model.commands.command import Command, EventHead
from settlement.model.money import exponent_of, parse_amount

Senders = Literal["anyone", "operator"]


class Published:
    """What the JSON Schema of a kind of field has beside what pydantic knows: the shape of text that is read later."""

    def __init__(self, **schema: Any) -> None:
        self.schema = schema

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(core_schema), **self.schema}


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


# Control characters, what ends a line or a paragraph, and what turns the direction in which text is read: a name with
# that looks like another one. The inbox refuses the same by SQL.
_NO_NAME = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]")


def printable(text: str) -> str:
    """PostgreSQL stores no NUL in text, and a name with control characters is a mistake at its source."""
    # What Python calls printable has none of them, and it answers at once.
    if not text.isprintable() and _NO_NAME.search(text):
        raise ValueError("must not contain control or direction characters, or ends of lines")
    if text and not text.strip():
        raise ValueError("must not be blank")
    return text


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be an instant between the years 1 and 9999") from None


# What `printable` takes, and what an amount is, before its currency is known.
_PRINTABLE: dict[str, Any] = {"not": {"pattern": rf"{_NO_NAME.pattern}|^\s+$"}}
# By this word of OpenAPI's registry of formats programs know which texts are numbers.
DECIMAL = "decimal"
_AMOUNT = r"^[0-9]{1,18}(\.[0-9]{1,30})?$"
_ZERO = re.compile(r"0{1,18}(\.0{1,30})?")

# Of the years that have billing cycles.
CYCLE_PATTERN = r"^(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])$"

Name = Annotated[
    str, StringConstraints(min_length=1, max_length=200), AfterValidator(printable), Published(**_PRINTABLE)
]
NameOrNone = Annotated[
    str, StringConstraints(max_length=200), AfterValidator(printable), Published(**_PRINTABLE)
]
Instant = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_in_utc)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Published(description="an ISO 4217 code")]
CycleText = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$"),
    Published(pattern=CYCLE_PATTERN),
    Field(description="`YYYY-MM`"),
]
Amount = Annotated[
    str,
    Field(examples=["12.34"]),
    Published(
        description="above zero, whole in the currency's minor unit",
        format=DECIMAL, pattern=_AMOUNT, **{"not": {"pattern": r"^[0.]+$"}},
    ),
]  # fmt: skip
AmountOrZero = Annotated[
    str, Field(description="zero or more", examples=["0.00"]), Published(format=DECIMAL, pattern=_AMOUNT)
]
Revision = Annotated[Name, Field(description="refused if the `revision` is another by then")]


def amount_or_zero(text: str, currency: str) -> int:
    """An amount that may be nothing, in minor units.

    Raises:
        Refused: `bad_amount`, `unknown_currency`.
    """
    if _ZERO.fullmatch(text):
        exponent_of(currency)
        return 0
    return parse_amount(text, currency)
