"""A statement for programs: as JSON, and as CSV with one line per figure.

The names of figures are a contract: docs/statements.md lists them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from interfaces.csv_lines import csv_bytes
from interfaces.fields.bills import BILLS
from interfaces.fields.field import as_object
from interfaces.fields.values import Json, digits, exact, exact_digits, instant, money
from settlement.model.cycle import cycle_text
from settlement.model.funds import FUNDS, STORED
from settlement.model.statements import BalanceKind, RollForward
from settlement.model.terms import is_provisional
from settlement.operations.reports.statement_figures import BillRoll, NamedRoll, Payment, Statement

# A balance by the name that a statement gives it.
SECTIONS: dict[BalanceKind, str] = {
    "receivable": "owed",
    "cash": "cash",
    **{FUNDS[source].ledger: FUNDS[source].key for source in STORED},
    "collected": "collected",
    "refunding": "on_its_way_back",
    "reversal": "owed_for_reversals",
}
CSV_HEADER = ("account", "cycle", "currency", "section", "item", "name", "amount", "at")


def statement_json(statement: Statement) -> dict[str, Json]:
    """A statement for programs."""
    currency = statement.currency
    bill = statement.bill
    return {
        "account": statement.account.external_id,
        "name": statement.account.name,
        "currency": currency,
        "cycle": cycle_text(statement.cycle),
        "from": statement.start,
        "until": statement.end,
        "as_of": statement.at,
        "provisional": list(statement.provisional),
        "bill": None
        if bill is None
        else {
            **as_object(BILLS, bill),
            "fees": [
                {"product": product, "amount": exact(amount, currency)} for product, amount in statement.fees
            ],
            "paid_by": {source: money(statement.paid_minor(source), currency) for source in FUNDS},
            "payments": [_payment_json(payment, currency) for payment in statement.records],
        },
        "balances": {SECTIONS[fund]: _roll_json(roll, currency) for fund, roll in statement.balances.items()},
        "bills": [
            {
                "cycle": cycle_text(row.cycle),
                "due_on": row.due_on,
                "due_provisional": is_provisional(row.due_rule),
                **_roll_json(row.roll, currency),
            }
            for row in statement.bills
        ],
        "instruments": [
            {
                "kind": row.fund,
                "name": row.name,
                "valid_until": row.valid_until,
                **_roll_json(row.roll, currency),
            }
            for row in statement.named
        ],
        "credit": {
            "available_credit": money(statement.available.minor, currency),
            "cash": money(statement.available.cash_minor, currency),
            "credit_limit": money(statement.available.credit_limit_minor, currency),
            "frozen": money(statement.available.frozen_minor, currency),
            "outstanding": money(statement.account.outstanding_minor, currency),
            "owed_for_reversals": money(statement.account.owed_for_reversals_minor, currency),
            "headroom": money(statement.headroom_minor, currency),
        },
    }


def _payment_json(payment: Payment, currency: str) -> Json:
    return {
        "paid_at": payment.paid_at,
        "source": payment.source,
        "name": payment.name or None,
        "amount": money(payment.amount_minor, currency),
        "initiator": payment.initiator,
        "cause": payment.cause,
    }


def _roll_json(roll: RollForward, currency: str) -> dict[str, Json]:
    return {
        "opening": money(roll.opening_minor, currency),
        "movements": [{"what": what, "amount": money(minor, currency)} for what, minor in roll.movements],
        "closing": money(roll.closing_minor, currency),
    }


class Figure(NamedTuple):
    """One figure of a statement: where it stands, what it is, of which card, product or bill, how much, and when."""

    section: str
    item: str
    name: str
    amount: str
    at: str


def csv_lines(statements: Iterable[Statement]) -> Iterator[bytes]:
    """The lines of each statement, without a header."""
    for statement in statements:
        head = (statement.account.external_id, cycle_text(statement.cycle), statement.currency)
        yield csv_bytes((*head, *figure) for figure in figures(statement))


def csv_header() -> bytes:
    """The first line of a file."""
    return (",".join(CSV_HEADER) + "\n").encode()


def figures(statement: Statement) -> Iterator[Figure]:
    """Every figure of a statement, in the order of a page."""
    currency = statement.currency

    def figure(section: str, item: str, minor: int, name: str = "", at: str = "") -> Figure:
        return Figure(section, item, name, digits(minor, currency), at)

    yield from _of_the_bill(statement)
    for fund, roll in statement.balances.items():
        if fund in ("receivable", "cash") or not roll.is_empty:
            for item, minor in _steps(roll):
                yield figure(SECTIONS[fund], item, minor)
    for bill in statement.bills:
        for item, minor in _steps(bill.roll):
            yield figure("bill_owed", item, minor, cycle_text(bill.cycle), _due(bill))
        if is_provisional(bill.due_rule):
            yield Figure("bill_owed", "due_provisional", cycle_text(bill.cycle), "", _due(bill))
    for named in statement.named:
        for item, minor in _steps(named.roll):
            yield figure(named.fund, item, minor, named.name, _end(named))
    credit = statement.available
    for item, minor in (
        ("available_credit", credit.minor), ("cash", credit.cash_minor), ("credit_limit", credit.credit_limit_minor),
        ("frozen", credit.frozen_minor), ("outstanding", statement.account.outstanding_minor),
        ("owed_for_reversals", statement.account.owed_for_reversals_minor), ("headroom", statement.headroom_minor),
    ):  # fmt: skip
        yield figure("credit", item, minor, at=instant(statement.at) or "")


def _of_the_bill(statement: Statement) -> Iterator[Figure]:
    bill, currency = statement.bill, statement.currency
    if bill is None:
        return
    for product, amount in statement.fees:
        yield Figure("bill", "fees", product, exact_digits(amount, currency), "")
    parts = (("carried_in", bill.carried_in), ("dropped", bill.dropped), ("carried_out", bill.carried_out))
    for item, amount_or_none in parts:
        if amount_or_none:
            yield Figure("bill", item, "", exact_digits(amount_or_none, currency), "")
    if bill.payable_minor is None:
        return
    yield Figure("bill", "payable", "", digits(bill.payable_minor, currency), instant(bill.issued_at) or "")
    if not statement.has_records:
        for source in FUNDS:
            if paid_minor := statement.paid_minor(source):
                yield Figure("bill", f"paid_by_{source}", "", digits(paid_minor, currency), "")
    for payment in statement.records:
        paid = digits(payment.amount_minor, currency)
        yield Figure("bill", f"paid_by_{payment.source}", payment.name, paid, instant(payment.paid_at) or "")
    due = "" if bill.due_on is None else bill.due_on.isoformat()
    yield Figure("bill", "outstanding", "", digits(statement.outstanding_minor, currency), due)
    if is_provisional(bill.due_rule):
        yield Figure("bill", "due_provisional", "", "", due)


def _steps(roll: RollForward) -> Iterator[tuple[str, int]]:
    yield "opening", roll.opening_minor
    yield from roll.movements
    yield "closing", roll.closing_minor


def _due(bill: BillRoll) -> str:
    return "" if bill.due_on is None else bill.due_on.isoformat()


def _end(named: NamedRoll) -> str:
    return instant(named.valid_until) or ""
