"""What people write on the command line, as values: cycles, names of bills, instants, lengths of time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

import typer

from interfaces.fields.values import bill_name
from settlement.errors import Refused
from settlement.model.cycle import Cycle, parse_cycle
from settlement.model.money import quoted

_MOST_DIGITS = 18
_REPAYMENT = re.compile(r"(.+)@([^@]+)")
_DURATION = re.compile(r"(\d+)([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class BillName(NamedTuple):
    """A bill, as it is written: `ACCOUNT:YYYY-MM`. The account may hold colons itself."""

    account: str
    cycle: Cycle

    def __str__(self) -> str:
        return bill_name(self.account, self.cycle)


class RepaymentName(NamedTuple):
    """A repayment, as it is written: its bill, `@`, its cause."""

    account: str
    cycle: Cycle
    cause: str


def to_number(text: str) -> int:
    """The number of a row."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise typer.BadParameter(f"a row has a number of up to {_MOST_DIGITS} digits, not {quoted(text)}")
    return int(text)


def to_cycle(text: str) -> Cycle:
    """A cycle, `YYYY-MM`."""
    try:
        return parse_cycle(text)
    except Refused as refusal:
        raise typer.BadParameter(refusal.message) from None


def to_day(text: str) -> date:
    """A local date, `YYYY-MM-DD`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"a day is written YYYY-MM-DD, not {text!r}") from None


def to_bill(text: str) -> BillName:
    """A bill by its written name."""
    account, colon, cycle = text.rpartition(":")
    if not colon or not account:
        raise typer.BadParameter(f"a bill is written ACCOUNT:YYYY-MM, not {text!r}")
    return BillName(account, to_cycle(cycle))


def to_repayment(text: str) -> RepaymentName:
    """A repayment by its written name."""
    match = _REPAYMENT.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"a repayment is written ACCOUNT:YYYY-MM@CAUSE, not {text!r}")
    bill = to_bill(match[1])
    return RepaymentName(bill.account, bill.cycle, match[2])


def to_name(text: str) -> str:
    """A name or a sentence that is kept: of one line, and not blank."""
    from settlement.events.inbound.fields import printable

    try:
        return printable(text or " ")
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} {error}") from None


def to_instant(text: str, zone: tzinfo) -> datetime:
    """An instant in UTC from ISO 8601; without an offset it is local to the billing zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"an instant is written like 2026-11-02T12:00 or 2026-11-02T04:00Z, not {text!r}"
        ) from None
    try:
        return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise typer.BadParameter(f"{text!r} is before the year 1 or after 9999 in UTC") from None


def to_duration(text: str) -> timedelta:
    """A length of time: `90s`, `30m`, `12h`, `3d`, `1w`, or several together, `1d12h`."""
    parts = _DURATION.findall(text)
    if not parts or "".join(f"{count}{unit}" for count, unit in parts) != text:
        raise typer.BadParameter(f"a length of time is written like 90s, 30m, 12h, 3d or 1d12h, not {text!r}")
    try:
        length = sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta())
    except OverflowError:
        raise typer.BadParameter(f"{text!r} is too long") from None
    return length
