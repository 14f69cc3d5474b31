"""Single values of an export: amounts, instants, currencies and words for "nothing"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import TypeVar

from settlement.model.currencies import EXPONENTS

MISSING = frozenset({"", "NULL", "Null", "null", "N/A", "n/a"})
"""Texts that stand for "no value". Compared after spaces around them are gone."""

DECIMAL_PLACES = 30
INTEGER_DIGITS = 18
ACCOUNT_LIMIT = 512

_MEMO_ENTRIES = 16_384
_MEMO_KEY_LENGTH = 128

# What nearly every cost looks like: no range has to be checked then.
_PLAIN = re.compile(r"-?\d{1,18}(?:\.\d{1,30})?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,6})?", re.ASCII | re.IGNORECASE)
_NOT_FINITE = re.compile(r"[+-]?(?:s?nan|inf|infinity)", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?[\d.]*,\d+(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", re.ASCII)
# What a spreadsheet or a double makes of a long account number: its last digits are lost.
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?e\+\d+", re.ASCII | re.IGNORECASE)
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII | re.IGNORECASE,
)
_ZERO = Decimal(0)
_ONE = Decimal(1)
_FINEST = Decimal(1).scaleb(-DECIMAL_PLACES)
# Room for every digit an accepted amount can have; a digit that does not fit is an error, never rounded away.
_EXACT = Context(prec=INTEGER_DIGITS + DECIMAL_PLACES, traps=[Inexact, InvalidOperation])

T = TypeVar("T")


class RowRefused(Exception):
    """This row cannot become a fee; the message is the reason the caller is shown."""


class Memo(dict[str, T]):
    """A parser that remembers. Exports repeat the same few dates, accounts and prices endlessly.

    Bounded: it forgets everything when full, and never keeps long texts, so memory stays flat whatever it is fed.
    """

    __slots__ = ("_parse",)

    def __init__(self, parse: Callable[[str], T]) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, text: str) -> T:
        value = self._parse(text)
        if len(text) <= _MEMO_KEY_LENGTH:
            if len(self) >= _MEMO_ENTRIES:
                self.clear()
            self[text] = value
        return value


def quoted(text: str) -> str:
    """A value as a message shows it: quoted, and short."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


def optional_text() -> Memo[str]:
    """Parser of a text that may be missing: '' then."""

    def parse(text: str) -> str:
        text = text.strip()
        return "" if text in MISSING else text

    return Memo(parse)


def account_text(name: str) -> Memo[str]:
    """Parser of the paying account's id in column `name`."""

    def parse(text: str) -> str:
        text = text.strip()
        if text in MISSING:
            raise RowRefused(f"{name} is missing")
        if len(text) > ACCOUNT_LIMIT:
            raise RowRefused(f"{name} {quoted(text)} is longer than {ACCOUNT_LIMIT} characters")
        if _ROUNDED.fullmatch(text):
            raise RowRefused(f"{name} {quoted(text)} is a number that was rounded; export the column as text")
        # The mark of bytes that were no text: the id they stood for is lost.
        if "\ufffd" in text:
            raise RowRefused(f"{name} {quoted(text)} holds bytes that are not UTF-8")
        return text

    return Memo(parse)


def amount(name: str, *, decimal_comma: bool = False) -> Memo[Decimal]:
    """Parser of the cost in column `name`: decimal or scientific notation, exact.

    With `decimal_comma`, 1.234,50 and 1234,50 are read. A point without a comma is refused then, since it could be
    either; and without `decimal_comma` a comma is.
    """

    def parse(text: str) -> Decimal:
        if not decimal_comma and _PLAIN.fullmatch(text):
            return Decimal(text) or _ZERO
        text = text.strip()
        if text in MISSING:
            raise RowRefused(f"{name} is missing")
        plain = _with_point(name, text) if decimal_comma else text
        if not _NUMBER.fullmatch(plain):
            raise RowRefused(f"{name} {quoted(text)} is not {_what_it_should_be(text)}")
        value = Decimal(plain)
        if not value:
            return _ZERO
        if value.adjusted() >= INTEGER_DIGITS:
            raise RowRefused(f"{name} {quoted(text)} is 10^{INTEGER_DIGITS} or more")
        return _with_plain_exponent(value, name, text)

    return Memo(parse)


def _with_point(name: str, text: str) -> str:
    """A number with a decimal comma as one with a point."""
    if "." in text and not _GROUPED.fullmatch(text):
        raise RowRefused(f"{name} {quoted(text)} has a point, where the decimal mark is said to be a comma")
    return text.replace(".", "").replace(",", ".")


def _what_it_should_be(text: str) -> str:
    if _NOT_FINITE.fullmatch(text):
        return "a finite number"
    if _COMMA.fullmatch(text):
        return "a number with a point; for decimal commas there is --decimal-comma"
    return "a number"


def _with_plain_exponent(value: Decimal, name: str, text: str) -> Decimal:
    """The same value with an exponent from -30 to 0, or a refusal if digits would be lost."""
    exponent = int(value.as_tuple().exponent)
    try:
        if exponent > 0:
            return value.quantize(_ONE, context=_EXACT)
        if exponent < -DECIMAL_PLACES:
            return value.quantize(_FINEST, context=_EXACT)
    except (Inexact, InvalidOperation):
        raise RowRefused(f"{name} {quoted(text)} has more than {DECIMAL_PLACES} decimal places") from None
    return value


def canonical(value: Decimal) -> str:
    """One text for one amount, however many zeros it was written with."""
    return str(_EXACT.normalize(value))


def currency(name: str) -> Memo[str]:
    """Parser of an ISO 4217 code in column `name`, upper case in the result."""

    def parse(text: str) -> str:
        code = text.strip().upper()
        if code in EXPONENTS:
            return code
        if code in MISSING:
            raise RowRefused(f"{name} is missing")
        raise RowRefused(f"{name} {quoted(text)} is not an ISO 4217 currency")

    return Memo(parse)


def instant(name: str) -> Memo[datetime | None]:
    """Parser of a date or an instant in column `name`; UTC in the result, None if missing.

    A text without a zone is UTC, as FOCUS says. A date alone is its midnight. Fractions beyond the microsecond
    are cut off.
    """

    def parse(text: str) -> datetime | None:
        text = text.strip()
        if text in MISSING:
            return None
        found = _INSTANT.fullmatch(text)
        if found is None:
            raise RowRefused(f"{name} {quoted(text)} is not a date")
        day, time_of_day, zone = found.groups()
        zone = "+00:00" if zone is None or zone.upper() in {"Z", "UTC"} else zone
        try:
            value = datetime.fromisoformat(f"{day}T{time_of_day or '00:00'}{zone}").astimezone(UTC)
        except (ValueError, OverflowError):
            raise RowRefused(f"{name} {quoted(text)} is not a date") from None
        # Year 1 and year 9999 are how some systems write "none".
        if not 1970 <= value.year < 9000:
            raise RowRefused(f"{name} {quoted(text)} is not a date of a bill")
        return value

    return Memo(parse)
