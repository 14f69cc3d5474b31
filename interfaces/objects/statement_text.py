"""A statement in words and tables: the parts that a terminal, a page to print and the console have in common.

A part is a heading, the names of its columns and its rows, so that text and HTML cannot say different things.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import NamedTuple

from interfaces.fields.bills import is_overdue
from interfaces.fields.field import Column
from interfaces.fields.values import amount_text, digits, due_day, exact_digits, local
from settlement.model.cycle import cycle_text
from settlement.model.funds import FUNDS, STORED
from settlement.model.statements import BalanceKind, RollForward
from settlement.model.terms import is_provisional
from settlement.operations.reports.statement_figures import NamedRoll, Statement

_TITLES: dict[BalanceKind, str] = {
    "receivable": "owed on bills",
    "cash": "cash",
    "collected": "collected for bills to come",
    "refunding": "on its way back to payment methods",
    "reversal": "owed of payments taken back",
    **{FUNDS[source].ledger: FUNDS[source].titles for source in STORED},
}
_WHY_PROVISIONAL = {
    "month_not_over": "the month is not over",
    "work_outstanding": "not everything that belongs to the month is done yet",
    "account_parked": "the account is parked, since its figures did not add up",
}


class Part(NamedTuple):
    """A table with its heading; `sums` tells which rows, by number, are sums of those above them."""

    heading: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    sums: frozenset[int] = frozenset()


def title(statement: Statement) -> str:
    """What it is a statement of."""
    return f"Statement of {statement.account.external_id} for {cycle_text(statement.cycle)}"


def provisional(statement: Statement) -> str:
    """Why the month's movements may not be complete; empty when they are."""
    return "; ".join(_WHY_PROVISIONAL[reason] for reason in statement.provisional)


def facts(statement: Statement, zone: tzinfo) -> list[tuple[str, str]]:
    """Names and values for the head of a statement."""
    account, bill, currency = statement.account, statement.bill, statement.currency
    found = [
        ("account", account.external_id),
        *([("name", account.name)] if account.name else []),
        ("month", f"{local(statement.start, zone)} until before {local(statement.end, zone)}"),
        ("as of", local(statement.at, zone)),
    ]
    if statement.provisional:
        found.append(("provisional", provisional(statement)))
    if bill is None:
        return [*found, ("bill", "none: no fees")]
    if bill.payable_minor is None:
        return [*found, ("bill", "accruing: not issued yet, its figures are indicative")]
    found += [
        ("bill", f"{bill.state}, issued {local(bill.issued_at, zone)}"),
        ("payable", amount_text(bill.payable_minor, currency)),
        ("outstanding", amount_text(statement.outstanding_minor, currency)),
    ]
    if bill.due_on is not None:
        late = ", overdue" if is_overdue(bill) else ""
        due = due_day(bill.due_on, provisional=is_provisional(bill.due_rule))
        found.append(("due", f"{due}{late}"))
    return found


def parts(statement: Statement, zone: tzinfo) -> Iterator[Part]:
    """The tables of a statement, those without a row left out."""
    for part in (
        _fees(statement),
        _paid(statement),
        _payments(statement, zone),
        *_balances(statement),
        _bills(statement),
        _named(statement, zone),
        _credit(statement),
    ):
        if part.rows:
            yield part


def _amounts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, right=True) for name in names)


def _fees(statement: Statement) -> Part:
    bill, currency = statement.bill, statement.currency
    rows = [(product, exact_digits(amount, currency)) for product, amount in statement.fees]
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


def _paid(statement: Statement) -> Part:
    """The bill, less what each kind of fund paid of it until now."""
    bill, currency = statement.bill, statement.currency
    if bill is None or bill.payable_minor is None:
        return Part("Paid", (), ())
    rows = [
        ("payable", digits(bill.payable_minor, currency)),
        *((kind.titles, digits(-statement.paid_minor(kind.source), currency)) for kind in FUNDS.values()),
        ("outstanding", digits(statement.outstanding_minor, currency)),
    ]
    return Part("Paid", (Column("by"), *_amounts(currency)), rows, frozenset((len(rows) - 1,)))


def _payments(statement: Statement, zone: tzinfo) -> Part:
    """Everything that paid the bill, whenever it did."""
    rows = [
        (
            local(payment.paid_at, zone),
            " ".join(part for part in (FUNDS[payment.source].title, payment.name) if part),
            payment.initiator.replace("_", " "),
            digits(payment.amount_minor, statement.currency),
        )
        for payment in statement.records
    ]
    columns = (Column("paid at"), Column("from"), Column("by"), *_amounts(statement.currency))
    return Part("Payments", columns, rows)


def _balances(statement: Statement) -> Iterator[Part]:
    for fund, roll in statement.balances.items():
        if fund in ("receivable", "cash") or not roll.is_empty:
            yield _roll(f"The month: {_TITLES[fund]}", roll, statement.currency)


def _roll(heading: str, roll: RollForward, currency: str) -> Part:
    rows = [
        ("opening balance", digits(roll.opening_minor, currency)),
        *((what.replace("_", " "), digits(minor, currency)) for what, minor in roll.movements),
        ("closing balance", digits(roll.closing_minor, currency)),
    ]
    return Part(heading, (Column("balance"), *_amounts(currency)), rows, frozenset((len(rows) - 1,)))


def _bills(statement: Statement) -> Part:
    currency = statement.currency
    rows = [
        (
            cycle_text(row.cycle),
            due_day(row.due_on, provisional=is_provisional(row.due_rule)),
            digits(row.roll.opening_minor, currency),
            digits(row.roll.moved("issued"), currency),
            digits(row.roll.closing_minor - row.roll.opening_minor - row.roll.moved("issued"), currency),
            digits(row.roll.closing_minor, currency),
        )
        for row in statement.bills
    ]
    columns = (
        Column("bill"),
        Column("due"),
        *_amounts("opening balance", "issued", "paid", "closing balance"),
    )
    return Part("The month: bill by bill", columns, rows)


def _named(statement: Statement, zone: tzinfo) -> Part:
    currency = statement.currency
    kinds = {FUNDS[source].ledger: FUNDS[source].title for source in STORED}
    rows = [
        (f"{kinds[row.fund]} {row.name}", local(row.valid_until, zone), *_use(row, currency))
        for row in statement.named
    ]
    columns = (
        Column("what"), Column("until"), *_amounts("opening balance", "received", "used", "expired", "closing balance"),
    )  # fmt: skip
    return Part("The month: one by one", columns, rows)


def _use(row: NamedRoll, currency: str) -> tuple[str, ...]:
    roll = row.roll
    used, expired = roll.moved("paid_bills"), roll.moved("expired")
    received = roll.closing_minor - roll.opening_minor - used - expired
    figures = (roll.opening_minor, received, used, expired, roll.closing_minor)
    return tuple(digits(minor, currency) for minor in figures)


def _credit(statement: Statement) -> Part:
    """Available credit is of the moment: what a limit was in a month that is over is kept nowhere."""
    currency, credit = statement.currency, statement.available
    rows = [
        ("cash", digits(credit.cash_minor, currency)),
        ("credit limit", digits(credit.credit_limit_minor, currency)),
        ("frozen", digits(-credit.frozen_minor, currency)),
        ("available credit", digits(credit.minor, currency)),
        ("outstanding on issued bills", digits(-statement.account.outstanding_minor, currency)),
        ("headroom", digits(statement.headroom_minor, currency)),
    ]
    if statement.account.owed_for_reversals_minor:
        owed = digits(-statement.account.owed_for_reversals_minor, currency)
        rows.insert(-1, ("owed for payments taken back", owed))
    return Part("Credit now", (Column("credit"), *_amounts(currency)), rows, frozenset((3, len(rows) - 1)))
