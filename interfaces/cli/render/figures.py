"""How amounts, instants and cycles are written, for people and for programs.

In JSON an amount is `{"amount": "12.34", "currency": "USD"}`, an instant ISO 8601 in UTC, a cycle `YYYY-MM`.
For people an amount is `12.34 USD` and an instant is local to the billing zone, with its offset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from settlement.model.money import decimal_text, exponent_of, money_text

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


def money(minor: int, currency: str) -> Json:
    """Minor units for programs."""
    return {"amount": decimal_text(minor, currency), "currency": currency}


def money_or_none(minor: int | None, currency: str) -> Json:
    """Minor units for programs; null where there is no amount yet."""
    return None if minor is None else money(minor, currency)


def exact(amount: Decimal, currency: str) -> Json:
    """An exact amount in major units for programs, with all of its places."""
    return {"amount": exact_digits(amount, currency), "currency": currency}


def shown(minor: int | None, currency: str) -> str:
    """Minor units for people; a dash where there is no amount yet."""
    return "-" if minor is None else money_text(minor, currency)


def digits(minor: int | None, currency: str) -> str:
    """Minor units for people where the currency stands elsewhere."""
    return "-" if minor is None else decimal_text(minor, currency)


def exact_shown(amount: Decimal, currency: str) -> str:
    """An exact amount for people."""
    return f"{exact_digits(amount, currency)} {currency}"


def exact_digits(amount: Decimal, currency: str) -> str:
    """All places of an amount that say something, and at least those of the currency."""
    least = exponent_of(currency)
    whole, _, places = f"{amount:f}".partition(".")
    places = places.rstrip("0").ljust(least, "0")
    return f"{whole}.{places}" if places else whole


def instant(at: datetime | None) -> str | None:
    """An instant for programs."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local(at: datetime | None, zone: tzinfo) -> str:
    """An instant for people."""
    return "-" if at is None else at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %z")


def day(on: date | None) -> str:
    """A local date for people."""
    return "-" if on is None else on.isoformat()


def duration(seconds: float) -> str:
    """A length of time for people: `42 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def counted(count: int, noun: str) -> str:
    """A number of things: `1 event`, `2,000 events`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
