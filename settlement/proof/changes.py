"""The proof that a plan's rows add up. Reads the rows about to be written, never the plan's own sums. Rule: R11.3.

Every balance, bill and record in `Changes` is held against the others: what the transfers move, the balances must
show; what the repayment lines say, the transfers must have moved; what is accrued, the fees must come to.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from settlement.errors import Broken
from settlement.model.bills import Bill
from settlement.model.changes import BillValues, Changes, ChargeLineRow
from settlement.model.money import EXACT, MAX_MINOR, exponent_of
from settlement.model.snapshot import Snapshot
from settlement.proof.refunds import check_refunds, given_back

ZERO = Decimal(0)
# What a repayment line calls the ledger account that paid.
_FUND = {"collected": "external", "transfer_clearing": "main_account"}
# One minor unit of a currency, in major units, by its exponent.
_UNITS = tuple(Decimal(1).scaleb(-exponent) for exponent in range(5))
# Ledger accounts that a row of the account must carry; the others are the platform's, known by their transfers alone.
_OWNED = frozenset(
    ("cash", "card", "refund", "coupon", "receivable", "collected", "gateway_clearing", "refunding")
)
# By (account, ledger account, its ref): what the transfers credit to it, less what they debit.
Moved = dict[tuple[int, str, int], int]
# By (account, fund, its ref, cycle): what the transfers pay from a fund towards a bill.
Spent = dict[tuple[int, str, int, int], int]


def check(changes: Changes, before: Snapshot) -> None:
    """Proves conservation: every balance moved exactly by its transfers, none fell below zero, no bill overpaid.

    Raises:
        Broken: names each account whose rows do not add up, and what does not. Rule: R11.3, R11.4.
    """
    if faults := faults_in(changes, before):
        raise Broken(faults)


def faults_in(changes: Changes, before: Snapshot) -> dict[int, str]:
    """The first thing that does not add up, by account; empty when everything does."""
    faults = _Faults()
    moved, spent = _moved(changes, faults)
    _check_accounts(changes, before, moved, faults)
    _check_funds(changes, before, moved, faults)
    _check_bills(changes, before, moved, faults)
    _check_charge_lines(changes, before, moved, faults)
    check_refunds(changes, before, moved, faults.add)
    _check_repayments(changes, spent, faults)
    _check_lines_paid(changes, before, faults)
    _check_accruals(changes, faults)
    _check_carried(changes, faults)
    _check_unified(changes, before, faults)
    for (account_id, kind, ref), amount in moved.items():
        if amount and kind in _OWNED:
            faults.add(account_id, f"transfers move {kind} {ref} by {amount} but no row carries it")
    return faults.reasons


class _Faults:
    def __init__(self) -> None:
        self.reasons: dict[int, str] = {}

    def add(self, account_id: int, reason: str) -> None:
        self.reasons.setdefault(account_id, reason)


def _moved(changes: Changes, faults: _Faults) -> tuple[Moved, Spent]:
    moved: Moved = defaultdict(int)
    spent: Spent = defaultdict(int)
    clearing: dict[tuple[str, str], int] = defaultdict(int)
    for account_id, debit, debit_ref, credit, credit_ref, amount, currency, cause in changes.transfers:
        if amount <= 0:
            faults.add(account_id, f"a transfer of {amount}")
        moved[account_id, debit, debit_ref] -= amount
        moved[account_id, credit, credit_ref] += amount
        if credit == "receivable":
            spent[account_id, _FUND.get(debit, debit), debit_ref, credit_ref] += amount
        if credit == "transfer_clearing":
            clearing[cause, currency] += amount
        elif debit == "transfer_clearing":
            clearing[cause, currency] -= amount
    if any(clearing.values()):
        for row in changes.transfers:
            if "transfer_clearing" in (row.debit, row.credit) and clearing[row.cause, row.currency]:
                faults.add(
                    row.account_id, f"{row.cause}: what one account sends is not what the other receives"
                )
    return moved, spent


def _check_accounts(changes: Changes, before: Snapshot, moved: Moved, faults: _Faults) -> None:
    for row in changes.accounts:
        position = before.positions.get(row.id)  # type: ignore[call-overload]
        cash = position.account.cash_minor if position else 0
        expected = cash + moved.pop((row.id, "cash", 0), 0)
        if row.cash_minor != expected or row.cash_minor < 0:
            faults.add(row.id, f"cash would be {row.cash_minor}, transfers say {expected}")
        elif not 0 <= row.returnable_minor <= row.transferred_in_minor <= row.cash_minor:
            faults.add(
                row.id,
                f"{row.returnable_minor} could be pulled back of {row.transferred_in_minor} received, "
                f"with {row.cash_minor} in cash",
            )
        elif not 0 <= row.held_minor <= row.cash_minor:
            faults.add(row.id, f"{row.held_minor} would be set aside of {row.cash_minor}")


def _check_funds(changes: Changes, before: Snapshot, moved: Moved, faults: _Faults) -> None:
    """Cards and refunds: loaded balance plus transfers is the new balance; a new one starts at zero."""
    known: dict[tuple[str, int], int] = {}
    if changes.cards or changes.refunds or changes.coupons:
        for position in before.positions.values():
            known.update((("card", card.id), card.balance_minor) for card in position.cards)
            known.update((("refund", refund.id), refund.remaining_minor) for refund in position.refunds)
            known.update((("coupon", coupon.id), coupon.balance_minor) for coupon in position.coupons)
    rows = [
        *(("card", row.id, row.account_id, row.balance_minor) for row in changes.cards),
        *(("refund", row.id, row.account_id, row.balance_minor) for row in changes.refunds),
        *(("coupon", row.id, row.account_id, row.balance_minor) for row in changes.coupons),
        *(("card", card.id, card.account_id, card.balance_minor) for card in changes.new_cards),
        *(("coupon", coupon.id, coupon.account_id, coupon.balance_minor) for coupon in changes.new_coupons),
        *(("refund", new.id, new.account_id, new.remaining_minor) for new in changes.new_refunds),
    ]
    for kind, fund_id, account_id, balance in rows:
        expected = known.get((kind, fund_id), 0) + moved.pop((account_id, kind, fund_id), 0)
        if balance != expected or balance < 0:
            faults.add(account_id, f"{kind} {fund_id} would hold {balance}, transfers say {expected}")


def _check_charge_lines(changes: Changes, before: Snapshot, moved: Moved, faults: _Faults) -> None:
    """What a charge brought in and has not paid out yet is what its lines hold; a try that failed brought nothing.

    What came from gateways is what was charged, less what they gave back.
    """
    held: dict[tuple[int, int], int] = defaultdict(int)
    for row in changes.charge_lines:
        held[row.account_id, row.attempt_no] += row.remaining_minor - _held_before(before, row)
    for (account_id, attempt_no), change in held.items():
        if (expected := moved.pop((account_id, "collected", attempt_no), 0)) != change:
            faults.add(account_id, f"charge {attempt_no} would hold {change} more, transfers say {expected}")
    charged: dict[int, int] = defaultdict(int)
    for attempt in changes.attempts:
        charged[attempt.account_id] += attempt.charged_minor or 0
    for owner, amount in given_back(changes, before).items():
        charged[owner] -= amount
    for owner, amount in charged.items():
        if (came := -moved.pop((owner, "gateway_clearing", 0), 0)) != amount:
            faults.add(owner, f"{amount} charged less what was given back, transfers say {came}")


def _held_before(before: Snapshot, row: ChargeLineRow) -> int:
    position = before.positions.get(row.account_id)  # type: ignore[call-overload]
    lines = position.charge_lines if position else []
    return next(
        (
            line.remaining_minor
            for line in lines
            if (line.attempt_no, line.cycle) == (row.attempt_no, row.cycle)
        ),
        0,
    )


def _check_bills(changes: Changes, before: Snapshot, moved: Moved, faults: _Faults) -> None:
    for row in changes.issued:
        # Issuing debits the receivable by the payable, paying credits it: what is left is the outstanding.
        payable, paid = row.payable_minor, row.paid_minor
        owed = -moved.pop((row.account_id, "receivable", row.cycle), 0)
        if owed != payable - paid or not 0 <= paid <= payable:
            faults.add(row.account_id, f"bill {row.cycle}: payable {payable}, paid {paid}, owed {owed}")
        elif payable > MAX_MINOR:
            faults.add(row.account_id, f"bill {row.cycle}: payable {payable} is more than can be recorded")
        elif (fault := _misissued(row, before)) is not None:
            faults.add(row.account_id, f"bill {row.cycle}: {fault}")
    for row_paid in changes.paid:
        credited = moved.pop((row_paid.account_id, "receivable", row_paid.cycle), 0)
        bill = _bill_before(before, row_paid.account_id, row_paid.cycle)
        if (
            bill is None or bill.payable_minor is None or credited < 0
            or bill.paid_minor + credited != row_paid.paid_minor
            or not 0 <= row_paid.reserved_minor <= bill.payable_minor - row_paid.paid_minor
        ):  # fmt: skip
            faults.add(
                row_paid.account_id,
                f"bill {row_paid.cycle}: paid {row_paid.paid_minor}, was {bill}, credited {credited}",
            )


def _bill_before(before: Snapshot, account_id: int, cycle: int) -> Bill | None:
    position = before.positions.get(account_id)  # type: ignore[call-overload]
    bills: list[Bill] = position.bills if position else []
    for bill in bills:
        if bill.cycle == cycle:
            return bill
    return None


def _misissued(row: BillValues, before: Snapshot) -> str | None:
    """What accrued must be payable, dropped or carried over, to the last digit; and dropped is less than one unit."""
    bill = _bill_before(before, row.account_id, row.cycle)
    if bill is None or bill.payable_minor is not None:
        return "was not accruing"
    exponent = exponent_of(before.positions[bill.account_id].account.currency)
    total = EXACT.add(bill.accrued, bill.carried_in) if bill.carried_in else bill.accrued
    if total < 0:
        right = not row.payable_minor and not row.dropped and row.carried_out == total
    else:
        kept = EXACT.subtract(total, row.dropped).scaleb(exponent, EXACT)
        right = kept == row.payable_minor and not row.carried_out and 0 <= row.dropped < _UNITS[exponent]
    if right:
        return None
    return (
        f"{total} accrued, {row.payable_minor} payable, {row.dropped} dropped, {row.carried_out} carried over"
    )


def _check_repayments(changes: Changes, spent: Spent, faults: _Faults) -> None:
    """A repayment is the sum of its lines, and each line is money that a transfer took from that fund for that bill."""
    sums: dict[tuple[int, int, str], int] = defaultdict(int)
    for account_id, cycle, cause, _, source, source_id, amount in changes.repayment_lines:
        sums[account_id, cycle, cause] += amount
        spent[account_id, source, source_id, cycle] -= amount
    for row in changes.repayments:
        if sums.pop((row.account_id, row.cycle, row.cause), 0) != row.amount_minor:
            faults.add(row.account_id, f"repayment of bill {row.cycle} is not the sum of its lines")
    for account_id, cycle, _ in sums:
        faults.add(account_id, f"repayment lines of bill {cycle} without a repayment")
    for (account_id, kind, source_id, cycle), left in spent.items():
        if left:
            faults.add(
                account_id, f"{kind} {source_id} paid bill {cycle} {left} more than its repayments say"
            )


def _check_lines_paid(changes: Changes, before: Snapshot, faults: _Faults) -> None:
    """What cards paid of a bill is what the bill's lines say cards paid."""
    cards: dict[tuple[int, int], int] = defaultdict(int)
    for account_id, cycle, _, _, source, _, amount in changes.repayment_lines:
        if source == "card":
            cards[account_id, cycle] += amount
    for row in changes.lines_paid:
        position = before.positions[row.account_id]  # type: ignore[index]
        key = (row.cycle, row.product, row.order_id, row.single_month)
        was = next(
            (
                line.card_paid_minor
                for line in position.lines
                if (line.cycle, line.product, line.order_id, line.single_month) == key
            ),
            0,
        )
        cards[row.account_id, row.cycle] -= row.card_paid_minor - was
    for (account_id, cycle), left in cards.items():
        if left:
            faults.add(account_id, f"bill {cycle}: cards paid {left} more than its lines carry")


def _check_accruals(changes: Changes, faults: _Faults) -> None:
    """Fees come to what their bills accrue, and to what the bills' lines accrue."""
    bills: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    for fee in changes.fees:
        key = (fee.account_id, fee.cycle)
        bills[key] = EXACT.add(bills[key], fee.amount)
    lines = defaultdict(lambda: ZERO, bills)
    for accrual in changes.accruals:
        key = (accrual.account_id, accrual.cycle)
        bills[key] = EXACT.subtract(bills[key], accrual.accrued)
    for line in changes.line_accruals:
        key = (line.account_id, line.cycle)
        lines[key] = EXACT.subtract(lines[key], line.accrued)
    for name, offs in (("bill", bills), ("lines of bill", lines)):
        for (account_id, cycle), left in offs.items():
            if left:
                faults.add(account_id, f"{name} {cycle} would accrue {-left} more than its fees")


def _check_carried(changes: Changes, faults: _Faults) -> None:
    """The credit that a bill carries out is carried into another bill of the account."""
    carried: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for issued in changes.issued:
        if issued.carried_out:
            carried[issued.account_id] = EXACT.add(carried[issued.account_id], issued.carried_out)
    for accrual in changes.accruals:
        if accrual.carried_in:
            carried[accrual.account_id] = EXACT.subtract(carried[accrual.account_id], accrual.carried_in)
    for account_id, credit in carried.items():
        if credit:
            faults.add(account_id, f"credit carried over is off by {credit}")


def _check_unified(changes: Changes, before: Snapshot, faults: _Faults) -> None:
    """What a unified settlement says it paid of a bill is what the bill's records say it paid."""
    paid: dict[tuple[str, int, int], int] = defaultdict(int)
    for row in changes.repayments:
        if row.initiator == "unified_settlement":
            paid[row.cause.split(":")[1], row.account_id, row.cycle] += row.amount_minor
    if not paid and not changes.unified_lines:
        return
    facts = before.repaying
    was: dict[tuple[int, int, int], int] = {
        (line.settlement_id, line.account_id, line.cycle): line.paid_minor
        for line in (*facts.lines, *facts.open_lines)
    }
    for line in changes.unified_lines:
        known = was.get((line.settlement_id, line.account_id, line.cycle), 0)
        paid[str(line.settlement_id), line.account_id, line.cycle] -= line.paid_minor - known
    for (settlement, account_id, cycle), left in paid.items():
        if left:
            faults.add(
                account_id, f"settlement {settlement} paid bill {cycle} {left} more than its list says"
            )
