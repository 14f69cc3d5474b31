"""Money: whole minor units for what moves, exact decimals for fees. No float comes near. Rule: R1.1, R1.2."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Context, Decimal
from functools import reduce
from math import floor

from settlement.errors import Refused
from settlement.model.currencies import EXPONENTS

# Wide enough that no sum of 10 million fees of 18 + 30 digits is ever rounded on the way.
EXACT = Context(prec=80)
MAX_MINOR = 2**63 - 1
_LONGEST_QUOTED = 40
_AMOUNT = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,30})?")


def exponent_of(currency: str) -> int:
    """Decimal places of the currency's minor unit.

    Raises:
        Refused: `unknown_currency`.
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise Refused(
            "unknown_currency", f"{currency!r} is not an ISO 4217 currency with a minor unit"
        ) from None


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of exact amounts, to the last digit."""
    return reduce(EXACT.add, amounts, Decimal(0))


def parse_amount(text: object, currency: str) -> int:
    """A positive decimal string such as `"12.34"` in minor units of the currency.

    Raises:
        Refused: `bad_amount` when it is not a decimal string, not above zero, has a fraction of a minor unit, or
            does not fit; `unknown_currency`.
    """
    exponent = exponent_of(currency)
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text):
        raise Refused(
            "bad_amount",
            f'amount must be a decimal string such as "12.34" of up to 18 digits, not {quoted(text)}',
        )
    minor = Decimal(text).scaleb(exponent, EXACT)
    if minor != minor.to_integral_value():
        raise Refused("bad_amount", f"amount {text} {currency} has a fraction of the minor unit")
    if minor <= 0:
        raise Refused("bad_amount", f"amount {text} {currency} must be above zero")
    if minor > MAX_MINOR:
        raise Refused("bad_amount", f"amount {text} {currency} is too large")
    return int(minor)


def quoted(given: object) -> str:
    """What somebody wrote, as a message repeats it: the beginning of what is long."""
    text = repr(given)
    return text if len(text) <= _LONGEST_QUOTED else f"{text[:_LONGEST_QUOTED]}…"


def floor_to_minor(amount: Decimal, currency: str) -> tuple[int, Decimal]:
    """Rounds an exact amount down once. Returns minor units and the dropped fraction in major units. Rule: R1.2."""
    exponent = EXPONENTS[currency]
    minor = floor(amount.scaleb(exponent, EXACT))
    return minor, EXACT.subtract(amount, Decimal(minor).scaleb(-exponent, EXACT))


def floor_minor(amount: Decimal, currency: str) -> int:
    """The same without the fraction, for figures that are only looked at."""
    return floor(amount.scaleb(EXPONENTS[currency], EXACT))


def decimal_text(minor: int, currency: str) -> str:
    """Minor units as a decimal string with the currency's places, without its code: `1234` USD is `"12.34"`."""
    exponent = EXPONENTS[currency]
    if not exponent:
        return str(minor)
    if minor < 0:
        return "-" + decimal_text(-minor, currency)
    digits = str(minor)
    if len(digits) <= exponent:
        digits = digits.zfill(exponent + 1)
    return f"{digits[:-exponent]}.{digits[-exponent:]}"


def money_text(minor: int, currency: str) -> str:
    """Minor units for people: `"12.34 USD"`."""
    return f"{decimal_text(minor, currency)} {currency}"
