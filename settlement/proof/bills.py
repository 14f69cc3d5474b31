"""The part of the proof that is about bills: what accrues, what is issued, what is paid. Rule: R3.1, R11.3."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from math import floor

from settlement.model.bills import Bill
from settlement.model.changes import Changes
from settlement.model.currencies import EXPONENTS
from settlement.model.funds import StoredValueCard
from settlement.model.money import EXACT, MAX_MINOR, exponent_of
from settlement.model.rows.bills import BillRows, BillValues
from settlement.model.snapshot import Position, Snapshot
from settlement.proof.faults import Faults
from settlement.proof.transfers import Moved

ZERO = Decimal(0)
# One minor unit of a currency, in major units, by its exponent.
UNITS = tuple(Decimal(1).scaleb(-exponent) for exponent in range(5))


def check_bills(changes: Changes, before: Snapshot, moved: Moved, faults: Faults) -> None:
    """Every bill is issued, paid and accrued as its transfers, records and fees say."""
    bills = changes.bills
    _check_issued(bills, before, moved, faults)
    _check_paid(changes, before, moved, faults)
    _check_lines_paid(changes, before, faults)
    _check_accruals(bills, faults)
    _check_carried(bills, faults)


def _check_issued(bills: BillRows, before: Snapshot, moved: Moved, faults: Faults) -> None:
    for row in bills.issued:
        # Issuing debits the receivable by the payable, paying credits it: what is left is the outstanding.
        payable, paid = row.payable_minor, row.paid_minor
        owed = -moved.pop((row.account_id, "receivable", row.cycle), 0)
        if owed != payable - paid or not 0 <= paid <= payable:
            faults.add(row.account_id, f"bill {row.cycle}: payable {payable}, paid {paid}, owed {owed}")
        elif payable > MAX_MINOR:
            faults.add(row.account_id, f"bill {row.cycle}: payable {payable} is more than can be recorded")
        elif (fault := _misissued(row, before)) is not None:
            faults.add(row.account_id, f"bill {row.cycle}: {fault}")


def _check_paid(changes: Changes, before: Snapshot, moved: Moved, faults: Faults) -> None:
    """A bill is paid by what is credited to it, and less only by as much as a reversal takes back."""
    taken_back = _taken_back(changes)
    for row in changes.bills.paid:
        credited = moved.pop((row.account_id, "receivable", row.cycle), 0)
        bill = _bill_before(before, row.account_id, row.cycle)
        if (
            bill is None or bill.payable_minor is None
            or credited + taken_back.get((row.account_id, row.cycle), 0) < 0 or row.paid_minor < 0
            or bill.paid_minor + credited != row.paid_minor
            or not 0 <= row.reserved_minor <= bill.payable_minor - row.paid_minor
        ):  # fmt: skip
            faults.add(
                row.account_id, f"bill {row.cycle}: paid {row.paid_minor}, was {bill}, credited {credited}"
            )


def _taken_back(changes: Changes) -> dict[tuple[int, int], int]:
    """By account and cycle, what transfers take back of what had paid the bill."""
    sums: dict[tuple[int, int], int] = defaultdict(int)
    if changes.reversals.new or changes.reversals.values:
        for entry in changes.records.transfers:
            if entry.debit == "receivable" and entry.credit == "collected":
                sums[entry.account_id, entry.debit_ref] += entry.amount_minor
    return sums


def _bill_before(before: Snapshot, account_id: int, cycle: int) -> Bill | None:
    position = before.positions.get(account_id)  # type: ignore[call-overload]
    return None if position is None else bill_of(position, cycle)


def bill_of(position: Position, cycle: int) -> Bill | None:
    """The bill of the cycle as it was loaded."""
    for bill in position.bills:
        if bill.cycle == cycle:
            return bill
    return None


def _misissued(row: BillValues, before: Snapshot) -> str | None:
    """What accrued must be payable, dropped or carried over, to the last digit; and dropped is less than one unit."""
    bill = _bill_before(before, row.account_id, row.cycle)
    if bill is None or bill.payable_minor is not None:
        return "was not accruing"
    exponent = EXPONENTS[before.positions[bill.account_id].account.currency]
    total = EXACT.add(bill.accrued, bill.carried_in) if bill.carried_in else bill.accrued
    if total < 0:
        right = not row.payable_minor and not row.dropped and row.carried_out == total
    else:
        kept = EXACT.subtract(total, row.dropped).scaleb(exponent, EXACT)
        right = kept == row.payable_minor and not row.carried_out and 0 <= row.dropped < UNITS[exponent]
    if right:
        return None
    return (
        f"{total} accrued, {row.payable_minor} payable, {row.dropped} dropped, {row.carried_out} carried over"
    )


def _check_lines_paid(changes: Changes, before: Snapshot, faults: Faults) -> None:
    """What cards paid of a bill is what the bill's lines say cards paid; no line more than it comes to, rounded up; and
    no card more than what it is for comes to together.
    """
    cards: dict[tuple[int, int], int] = defaultdict(int)
    new = [one.fund for one in changes.funds.new.get("card", ()) if isinstance(one.fund, StoredValueCard)]
    for account_id, cycle, _, _, source, source_id, amount in changes.records.repayment_lines:
        if source == "card":
            cards[account_id, cycle] += amount
            position = before.positions[account_id]  # type: ignore[index]
            card = next(one for one in (*position.funds.cards, *new) if one.id == source_id)
            if amount > _scope_minor(position, cycle, card.products, card.orders):
                faults.add(account_id, f"bill {cycle}: card {source_id} paid {amount}, more than it is for")
    for row in changes.bills.lines_paid:
        position = before.positions[row.account_id]  # type: ignore[index]
        key = (row.cycle, row.product, row.order_id, row.single_month)
        line = next(
            (
                line
                for line in position.lines
                if (line.cycle, line.product, line.order_id, line.single_month) == key
            ),
            None,
        )
        was = 0 if line is None else line.card_paid_minor
        if line is not None and (row.card_paid_minor - 1) * UNITS[_exponent(position)] >= line.accrued:
            faults.add(row.account_id, f"bill {row.cycle}: cards paid more of {row.product} than it comes to")
        cards[row.account_id, row.cycle] -= row.card_paid_minor - was
    for (account_id, cycle), left in cards.items():
        if left:
            faults.add(account_id, f"bill {cycle}: cards paid {left} more than its lines carry")


def _exponent(position: Position) -> int:
    return exponent_of(position.account.currency)


def _scope_minor(
    position: Position, cycle: int, products: Collection[str] | None, orders: Collection[str] | None
) -> int:
    """What the lines for these products and orders come to together, minor units rounded down."""
    total = ZERO
    for line in position.lines:
        in_scope = products is None or line.product in products
        named = orders is None or line.order_id in orders
        if line.cycle == cycle and line.single_month and in_scope and named:
            total = EXACT.add(total, line.accrued)
    return floor(total.scaleb(_exponent(position), EXACT))


def _check_accruals(rows: BillRows, faults: Faults) -> None:
    """Fees come to what their bills accrue, and to what the bills' lines accrue."""
    bills: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    for fee in rows.fees:
        key = (fee.account_id, fee.cycle)
        bills[key] = EXACT.add(bills[key], fee.amount)
    lines = defaultdict(lambda: ZERO, bills)
    for accrual in rows.accruals:
        key = (accrual.account_id, accrual.cycle)
        bills[key] = EXACT.subtract(bills[key], accrual.accrued)
    for line in rows.line_accruals:
        key = (line.account_id, line.cycle)
        lines[key] = EXACT.subtract(lines[key], line.accrued)
    for name, offs in (("bill", bills), ("lines of bill", lines)):
        for (account_id, cycle), left in offs.items():
            if left:
                faults.add(account_id, f"{name} {cycle} would accrue {-left} more than its fees")


def _check_carried(rows: BillRows, faults: Faults) -> None:
    """The credit that a bill carries out is carried into another bill of the account."""
    carried: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for issued in rows.issued:
        if issued.carried_out:
            carried[issued.account_id] = EXACT.add(carried[issued.account_id], issued.carried_out)
    for accrual in rows.accruals:
        if accrual.carried_in:
            carried[accrual.account_id] = EXACT.subtract(carried[accrual.account_id], accrual.carried_in)
    for account_id, credit in carried.items():
        if credit:
            faults.add(account_id, f"credit carried over is off by {credit}")
