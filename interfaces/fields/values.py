"""Values as interfaces present them: amounts, instants, dates, counts; for people, for programs, in CSV.

In JSON an amount is `{"amount": "12.34", "currency": "USD"}`, an instant RFC 3339 in UTC, a cycle `YYYY-MM`.
For people an amount is `12.34 USD` and an instant is RFC 3339 in the billing zone, with its offset.
In CSV an amount is a decimal with its currency in a column of its own, and what is missing is empty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal

from settlement.model.cycle import cycle_text
from settlement.model.instants import instant_text, local_text
from settlement.model.money import decimal_text, exponent_of, money_text


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Exact:
    """An exact amount in major units, with all of its places."""

    amount: Decimal
    currency: str


Value = None | bool | int | float | str | datetime | date | Money | Exact
Json = Value | Sequence["Json"] | Mapping[str, "Json"]


def money(minor: int | None, currency: str) -> Money | None:
    """An amount; None where there is none yet."""
    return None if minor is None else Money(minor, currency)


def exact(amount: Decimal | None, currency: str) -> Exact | None:
    """An exact amount; None where there is none yet."""
    return None if amount is None else Exact(amount, currency)


# --------------------------------------------------------------------------------------------- for programs
def json_text(value: Json, *, on_one_line: bool = False) -> str:
    """A JSON document."""
    return json.dumps(value, ensure_ascii=False, indent=None if on_one_line else 2, default=_plain)


def _plain(value: object) -> object:
    match value:
        case Money():
            return {"amount": decimal_text(value.minor, value.currency), "currency": value.currency}
        case Exact():
            return {"amount": exact_digits(value.amount, value.currency), "currency": value.currency}
        case datetime():
            return instant(value)
        case date():
            return value.isoformat()
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON")


def csv_cell(value: Json) -> object:
    """A value in a line of CSV; several in one cell stand after one another, each with its name where it has one."""
    match value:
        case None:
            return ""
        case Money():
            return decimal_text(value.minor, value.currency)
        case Exact():
            return exact_digits(value.amount, value.currency)
        case datetime():
            return instant(value)
        case Mapping():
            return ", ".join(f"{name} {csv_cell(inner)}" for name, inner in value.items())
        case list() | tuple():
            return ", ".join(str(csv_cell(inner)) for inner in value)
        case _:
            return value


def instant(at: datetime | None) -> str | None:
    """An instant for programs."""
    return None if at is None else instant_text(at)


# ----------------------------------------------------------------------------------------------- for people
def text(value: Json, zone: tzinfo, *, bare: bool = False) -> str:
    """A value for people; a dash where there is none. `bare`: the currency of an amount stands elsewhere."""
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case Money():
            return (digits if bare else amount_text)(value.minor, value.currency)
        case Exact():
            return (
                exact_digits(value.amount, value.currency)
                if bare
                else exact_text(value.amount, value.currency)
            )
        case datetime():
            return local(value, zone)
        case date():
            return day(value)
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def amount_text(minor: int | None, currency: str) -> str:
    """Minor units for people; a dash where there is no amount yet."""
    return "-" if minor is None else money_text(minor, currency)


def digits(minor: int | None, currency: str) -> str:
    """Minor units for people where the currency stands elsewhere."""
    return "-" if minor is None else decimal_text(minor, currency)


def exact_text(amount: Decimal, currency: str) -> str:
    """An exact amount for people."""
    return f"{exact_digits(amount, currency)} {currency}"


def exact_digits(amount: Decimal, currency: str) -> str:
    """All places of an amount that mean something, and at least those of the currency."""
    least = exponent_of(currency)
    whole, _, places = f"{amount:f}".partition(".")
    places = places.rstrip("0").ljust(least, "0")
    return f"{whole}.{places}" if places else whole


def local(at: datetime | None, zone: tzinfo) -> str:
    """An instant for people; a dash where there is none."""
    return "-" if at is None else local_text(at, zone)


def day(on: date | None) -> str:
    """A local date for people."""
    return "-" if on is None else on.isoformat()


def due_day(on: date | None, *, provisional: bool) -> str:
    """A due date for people, and whether it was counted over days not published by then. Rule: R6.1h."""
    return day(on) + (" (provisional)" if on is not None and provisional else "")


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


def times_text(count: int) -> str | None:
    """How often something was done: `1 time`, `3 times`; nothing where it never was."""
    return counted(count, "time") if count else None


def ordinal(number: int) -> str:
    """A place in an order: `1st`, `2nd`, `3rd`, `4th`, `11th`, `21st`."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def words(code: str) -> str:
    """A code of ours in words: `auto_write_off` is `auto write off`."""
    return code.replace("_", " ")


# ---------------------------------------------------------------------------------------------------- names
def bill_name(account: str, cycle: int) -> str:
    """The written name of a bill: `ACCOUNT:YYYY-MM`."""
    return f"{account}:{cycle_text(cycle)}"


def repayment_name(account: str, cycle: int, cause: str) -> str:
    """The written name of a repayment: its bill, `@`, its cause."""
    return f"{bill_name(account, cycle)}@{cause}"
