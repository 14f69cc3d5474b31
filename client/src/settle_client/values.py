"""What bodies are made of: amounts, which are never a float, and instants, which always have a time zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PrivateAttr


def decimal_text(value: object) -> str:
    """A number as the API reads it: a text without an exponent. A text stays as it is.

    Raises:
        TypeError: it is neither a text nor a Decimal: a float is no amount of money.
        ValueError: it is infinite or not a number.
    """
    match value:
        case str():
            return value
        case Decimal():
            if not value.is_finite():
                raise ValueError(f"{value} is no amount")
            return format(value, "f")
        case _:
            raise TypeError(f"{value!r} is no amount: give a Decimal or a text")


def instant_text(value: object) -> str:
    """An instant as the API reads it: RFC 3339. A text stays as it is.

    Raises:
        TypeError: it is neither a text nor an instant.
        ValueError: it has no time zone.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is no instant: give a datetime or a text")
    if value.utcoffset() is None:
        raise ValueError(f"{value} has no time zone")
    return value.isoformat()


def date_text(value: object) -> str:
    """A date as the API reads it. A text stays as it is.

    Raises:
        TypeError: it is neither a text nor a date.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError(f"{value!r} is no date: give a date or a text")
    return value.isoformat()


def plain(value: Any) -> Any:
    """A value of a body as JSON has it.

    Raises:
        TypeError: it is a float, or of a type that JSON has not.
        ValueError: an instant without a time zone, or no number.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal() | float():
            return decimal_text(value)
        case datetime():
            return instant_text(value)
        case date():
            return date_text(value)
        case BaseModel():
            return plain(value.model_dump(by_alias=True, exclude_none=True))
        case Mapping():
            return {key: plain(of) for key, of in value.items() if of is not None}
        case list() | tuple():
            return [plain(one) for one in value]
        case _:
            raise TypeError(f"{value!r} cannot be sent")


def _no_float(value: object) -> object:
    if isinstance(value, float):
        raise ValueError("an amount that is a JSON number is not exact")  # noqa: TRY004 - pydantic collects these
    return value


def _sent(text: Any) -> BeforeValidator:
    def checked(value: object) -> str:
        try:
            return str(text(value))
        except TypeError as error:
            raise ValueError(str(error)) from None

    return BeforeValidator(checked)


# As arguments and in bodies that are sent.
Number = Decimal | str
SentDecimal = Annotated[Number, _sent(decimal_text)]
SentInstant = Annotated[datetime | str, _sent(instant_text)]
SentDate = Annotated[date | str, _sent(date_text)]
# In bodies that are received.
ExactDecimal = Annotated[Decimal, BeforeValidator(_no_float)]


class Sent(BaseModel):
    """A part of a body that is sent. An amount is a Decimal or a text, an instant a text or has a time zone."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Received(BaseModel):
    """A body that was received. A field that this version does not know is kept, in `model_extra`."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True, protected_namespaces=())
    _etag: str | None = PrivateAttr(default=None)

    @property
    def etag(self) -> str | None:
        """What to give as `if_match` to a command that is to do nothing if this has changed; of single things only."""
        return self._etag

    def with_etag(self, etag: str | None) -> None:
        """Notes the `ETag` under which it was received."""
        self._etag = etag


class Amount(Received):
    """An exact amount of money, beside its currency."""

    amount: ExactDecimal
    currency: str
