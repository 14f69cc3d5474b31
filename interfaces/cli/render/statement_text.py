"""A statement in words and tables: the parts that a terminal and a page have in common.

A part is a heading, the names of its columns and its rows, so that text and HTML cannot say different things.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import NamedTuple

from interfaces.fields.bills import is_overdue
from interfaces.fields.field import Column
from interfaces.fields.values import amount_text, day, digits, exact_digits, local
from settlement.model.cycle import cycle_text
from settlement.model.statements import Fund, RollForward
from settlement.operations.reports.statement_figures import NamedRoll, Statement

_TITLES: dict[Fund, str] = {
    "receivable": "owed on bills",
    "cash": "cash",
    "card": "stored value cards",
    "coupon": "coupons",
    "refund": "credit refunds",
    "collected": "collected for bills to come",
    "refunding": "on its way back to payment methods",
}
_WHY_PROVISIONAL = {
    "month_not_over": "the month is not over",
    "work_outstanding": "not everything that belongs to the month is done yet",
    "account_parked": "the account is parked, since its figures did not add up",
}
_SOURCES = {
    "coupon": "coupon",
    "card": "stored value card",
    "refund": "credit refund of",
    "cash": "cash",
    "external": "charge",
    "main_account": "main account",
}


_GROUPS = {
    "coupon": "coupons",
    "card": "stored value cards",
    "refund": "credit refunds",
    "cash": "cash",
    "external": "charges of payment methods",
    "main_account": "its main account",
}


class Part(NamedTuple):
    """A table with its heading; `sums` tells which rows, by number, are sums of those above them."""

    heading: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    sums: frozenset[int] = frozenset()


def title(told: Statement) -> str:
    """What it is a statement of."""
    return f"Statement of {told.account.external_id} for {cycle_text(told.cycle)}"


def provisional(told: Statement) -> str:
    """Why the month's movements may not be complete; empty when they are."""
    return "; ".join(_WHY_PROVISIONAL[reason] for reason in told.provisional)


def facts(told: Statement, zone: tzinfo) -> list[tuple[str, str]]:
    """Names and values for the head of a statement."""
    account, bill, currency = told.account, told.bill, told.currency
    found = [
        ("account", account.external_id),
        *([("name", account.name)] if account.name else []),
        ("month", f"{local(told.start, zone)} until before {local(told.end, zone)}"),
        ("as of", local(told.at, zone)),
    ]
    if told.provisional:
        found.append(("provisional", provisional(told)))
    if bill is None:
        return [*found, ("bill", "none: no fees")]
    if bill.payable_minor is None:
        return [*found, ("bill", "accruing: not issued yet, its figures are indicative")]
    found += [
        ("bill", f"{bill.state}, issued {local(bill.issued_at, zone)}"),
        ("payable", amount_text(bill.payable_minor, currency)),
        ("outstanding", amount_text(told.outstanding_minor, currency)),
    ]
    if bill.due_on is not None:
        late = ", overdue" if is_overdue(bill) else ""
        found.append(("due", f"{day(bill.due_on)}{late}"))
    return found


def parts(told: Statement, zone: tzinfo) -> Iterator[Part]:
    """The tables of a statement, those without a row left out."""
    for part in (
        _fees(told),
        _paid(told),
        _payments(told, zone),
        *_balances(told),
        _bills(told),
        _named(told, zone),
        _credit(told),
    ):
        if part.rows:
            yield part


def _amounts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, right=True) for name in names)


def _fees(told: Statement) -> Part:
    bill, currency = told.bill, told.currency
    rows = [(product, exact_digits(amount, currency)) for product, amount in told.fees]
    sums = set()
    if bill is not None:
        # What was dropped or carried on is no part of what is payable.
        dropped, carried = bill.dropped or Decimal(0), bill.carried_out or Decimal(0)
        for name, amount in (
            ("credit carried in", bill.carried_in), ("dropped by rounding down", dropped.copy_negate()),
            ("carried to a later month", carried.copy_negate()),
        ):  # fmt: skip
            if amount:
                rows.append((name, exact_digits(amount, currency)))
        if bill.payable_minor is not None:
            sums.add(len(rows))
            rows.append(("payable", digits(bill.payable_minor, currency)))
    return Part("Fees by product", (Column("product"), *_amounts(currency)), rows, frozenset(sums))


def _paid(told: Statement) -> Part:
    """The bill, less what each kind of fund paid of it until now."""
    bill, currency = told.bill, told.currency
    if bill is None or bill.payable_minor is None:
        return Part("Paid", (), ())
    rows = [
        ("payable", digits(bill.payable_minor, currency)),
        *((name, digits(-told.paid_minor(source), currency)) for source, name in _GROUPS.items()),
        ("outstanding", digits(told.outstanding_minor, currency)),
    ]
    return Part("Paid", (Column("by"), *_amounts(currency)), rows, frozenset((len(rows) - 1,)))


def _payments(told: Statement, zone: tzinfo) -> Part:
    """Everything that paid the bill, whenever it did."""
    rows = [
        (
            local(payment.paid_at, zone),
            " ".join(part for part in (_SOURCES[payment.source], payment.name) if part),
            payment.initiator.replace("_", " "),
            digits(payment.amount_minor, told.currency),
        )
        for payment in told.payments
    ]
    columns = (Column("paid at"), Column("from"), Column("by"), *_amounts(told.currency))
    return Part("Payments", columns, rows)


def _balances(told: Statement) -> Iterator[Part]:
    for fund, roll in told.balances.items():
        if fund in ("receivable", "cash") or not roll.is_empty:
            yield _roll(f"The month: {_TITLES[fund]}", roll, told.currency)


def _roll(heading: str, roll: RollForward, currency: str) -> Part:
    rows = [
        ("at its beginning", digits(roll.opening_minor, currency)),
        *((what.replace("_", " "), digits(minor, currency)) for what, minor in roll.movements),
        ("at its end", digits(roll.closing_minor, currency)),
    ]
    return Part(heading, (Column("balance"), *_amounts(currency)), rows, frozenset((len(rows) - 1,)))


def _bills(told: Statement) -> Part:
    currency = told.currency
    rows = [
        (
            cycle_text(row.cycle),
            day(row.due_on),
            digits(row.roll.opening_minor, currency),
            digits(row.roll.moved("issued"), currency),
            digits(row.roll.closing_minor - row.roll.opening_minor - row.roll.moved("issued"), currency),
            digits(row.roll.closing_minor, currency),
        )
        for row in told.bills
    ]
    columns = (Column("bill"), Column("due"), *_amounts("at its beginning", "issued", "paid", "at its end"))
    return Part("The month: bill by bill", columns, rows)


def _named(told: Statement, zone: tzinfo) -> Part:
    currency = told.currency
    kinds = {"card": "stored value card", "coupon": "coupon", "refund": "credit refund of"}
    rows = [
        (f"{kinds[row.fund]} {row.name}", local(row.valid_until, zone), *_use(row, currency))
        for row in told.named
    ]
    columns = (
        Column("what"), Column("until"), *_amounts("at its beginning", "received", "used", "expired", "at its end"),
    )  # fmt: skip
    return Part("The month: one by one", columns, rows)


def _use(row: NamedRoll, currency: str) -> tuple[str, ...]:
    roll = row.roll
    used, expired = roll.moved("paid_bills"), roll.moved("expired")
    received = roll.closing_minor - roll.opening_minor - used - expired
    figures = (roll.opening_minor, received, used, expired, roll.closing_minor)
    return tuple(digits(minor, currency) for minor in figures)


def _credit(told: Statement) -> Part:
    """Available credit is of the moment: what a limit was in a month that is over is kept nowhere."""
    currency, credit = told.currency, told.available
    rows = [
        ("cash", digits(credit.cash_minor, currency)),
        ("credit limit", digits(credit.credit_limit_minor, currency)),
        ("frozen", digits(-credit.frozen_minor, currency)),
        ("available credit", digits(credit.minor, currency)),
        ("outstanding on issued bills", digits(-told.account.outstanding_minor, currency)),
        ("headroom", digits(told.headroom_minor, currency)),
    ]
    return Part("Credit now", (Column("credit"), *_amounts(currency)), rows, frozenset((3, 5)))
