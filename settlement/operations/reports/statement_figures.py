"""A statement as figures, and whether they add up. Rule: R10.3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from settlement.model.cycle import Cycle
from settlement.model.funds import FundSource
from settlement.model.money import EXACT, decimal_text, exact_sum
from settlement.model.statements import BalanceKind, RollForward
from settlement.operations.reports.credit import headroom_minor
from settlement.queries.accounts import AccountView
from settlement.queries.bills import BillView
from settlement.rules.credit import AvailableCredit

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Payment:
    """What one fund paid of the month's bill.

    `name` is the card, the coupon, the refund's month, the main account, or the payment method.
    """

    paid_at: datetime
    cause: str
    initiator: str
    source: FundSource
    name: str
    amount_minor: int


class NamedRoll(NamedTuple):
    """A card, coupon or credit refund over the month."""

    fund: BalanceKind
    name: str
    valid_until: datetime | None
    roll: RollForward


class BillRoll(NamedTuple):
    """What was owed on one bill over the month."""

    cycle: Cycle
    due_on: date | None
    due_rule: str | None
    roll: RollForward


@dataclass(frozen=True, slots=True)
class Statement:
    """One account and one month. Amounts in minor units, fees exact in major units; instants UTC.

    The month is [start, end). `at`: as of when the bill, its payments and available credit are told. `provisional`
    names what may still add entries to the month, in code words; a month that is done has none. Without `has_records`
    the month is one whose single payments are not presented.
    """

    account: AccountView
    cycle: Cycle
    start: datetime
    end: datetime
    at: datetime
    provisional: tuple[str, ...]
    bill: BillView | None
    fees: tuple[tuple[str, Decimal], ...]
    payments: tuple[Payment, ...]
    has_records: bool
    balances: Mapping[BalanceKind, RollForward]
    named: tuple[NamedRoll, ...]
    bills: tuple[BillRoll, ...]
    available: AvailableCredit

    @property
    def currency(self) -> str:
        """The account's."""
        return self.account.currency

    @property
    def records(self) -> tuple[Payment, ...]:
        """The payments that are presented one by one. Rule: R10.2a."""
        return self.payments if self.has_records else ()

    @property
    def headroom_minor(self) -> int:
        """As of `at`. Rule: R1.5f."""
        return headroom_minor(self.account, self.available)

    @property
    def outstanding_minor(self) -> int | None:
        """What the month's bill still asks for, as of `at`; None before it is issued."""
        if self.bill is None or self.bill.payable_minor is None:
            return None
        return self.bill.payable_minor - self.bill.paid_minor

    def paid_minor(self, source: FundSource) -> int:
        """How much of the month's bill one kind of fund paid."""
        return sum(payment.amount_minor for payment in self.payments if payment.source == source)


def differences(statement: Statement) -> str:
    """What does not add up, as a sentence; empty for a statement that does.

    Fees and carried credit make the payable amount; payments make what is paid; there was no cash before the account.
    A balance below zero is no fault: work made up for late is posted at its logical instant and may spend what came
    after it.
    """
    found = []
    opening = statement.balances["cash"].opening_minor
    if statement.account.opened_at >= statement.start and opening:
        # Balances are told from what is stored, movements from the ledger: one of the two is wrong.
        found.append(f"cash was {decimal_text(opening, statement.currency)} before the account was opened")
    found += _bill_differences(statement, statement.bill) if statement.bill is not None else []
    return "; ".join(found)


def _bill_differences(statement: Statement, bill: BillView) -> list[str]:
    found, currency = [], statement.currency
    if (by_product := exact_sum(amount for _, amount in statement.fees)) != bill.accrued:
        found.append(f"its products come to {by_product}, the bill's fees to {bill.accrued}")
    paid = sum(payment.amount_minor for payment in statement.payments)
    if paid != bill.paid_minor:
        payments, recorded = decimal_text(paid, currency), decimal_text(bill.paid_minor, currency)
        found.append(f"payments come to {payments}, the bill says {recorded}")
    if bill.payable_minor is not None:
        total = exact_sum((bill.accrued, bill.carried_in))
        payable = Decimal(decimal_text(bill.payable_minor, currency))
        rest = exact_sum((bill.dropped or ZERO, bill.carried_out or ZERO))
        if total != EXACT.add(payable, rest):
            found.append(f"fees of {total} do not make {payable} payable and leave {rest}")
    return found
