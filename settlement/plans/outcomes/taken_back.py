"""Takes a payment back in part or whole because its gateway did, and brings it back again. Rule: R5.9b, R5.9c, R5.9d.

All of it goes through what the charge holds (`collected`), the way it came: out of what it holds for bills to come, the
cash it left, the bills it paid; and what none of these covers is owed.
"""

from __future__ import annotations

from settlement.model.gateway.charges import ChargeAttempt
from settlement.model.rows.records import RepaymentLineRow, RepaymentRow
from settlement.plans.announcements.bills import announce_bill
from settlement.plans.announcements.reversals import announce_reversal
from settlement.plans.charges.collection import pay_with_line
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.bills import WorkingBill
from settlement.plans.draft.charges import WorkingChargeLine, WorkingCharges
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.reversals import WorkingReversal, WorkingReversals


def take_back(
    draft: Draft,
    account: WorkingAccount,
    charges: WorkingCharges,
    reversals: WorkingReversals,
    attempt: ChargeAttempt,
    working: WorkingReversal,
    amount_minor: int,
) -> None:
    """The amount goes back to the gateway; what it had paid is owed again, the newest bill first."""
    no, cause, left = attempt.attempt_no, _cause(working), amount_minor
    lines = sorted(_lines_of(charges, no), key=lambda line: line.line.cycle, reverse=True)
    # Before anything is taken: what the charge left as cash is what it brought in less all the rest.
    became_cash = _became_cash(reversals, lines, no)
    for line in lines:
        part = min(left, line.remaining_minor)
        if part:
            line.remaining_minor -= part
            line.is_touched = True
            left -= part
    if (part := min(left, became_cash, account.spendable_minor)) > 0:
        draft.transfer(account, ("cash", 0), ("collected", no), part, cause)
        account.spend_cash(part)
        left -= part
    for line in lines:
        bill = account.bill(line.line.cycle)
        part = min(left, reversals.paid[no, line.line.cycle])
        if bill is not None and part > 0:
            _owe_again(
                draft, account, bill, no, part, cause=cause, correlation_id=f"charge:{attempt.reference}"
            )
            reversals.paid[no, bill.cycle] -= part
            left -= part
    if left:
        draft.transfer(account, ("reversal", working.booked.reversal_no), ("collected", no), left, cause)
        working.owed_minor += left
    draft.transfer(account, ("collected", no), ("gateway_clearing", 0), amount_minor, cause)
    reversals.charges[no].reversed_minor += amount_minor
    announce_reversal(draft, account, attempt, working, "charge.reversed")


def bring_back(
    draft: Draft,
    account: WorkingAccount,
    charges: WorkingCharges,
    reversals: WorkingReversals,
    attempt: ChargeAttempt,
    working: WorkingReversal,
    amount_minor: int,
) -> None:
    """The gateway gave the amount to us again: it pays what is owed for it, then the bills of the charge as far as they
    are not paid, the oldest first; the rest is kept for a bill to come, or is cash.
    """
    no, cause = attempt.attempt_no, _cause(working)
    owed = min(amount_minor, working.owed_minor)
    if owed:
        draft.transfer(
            account, ("gateway_clearing", 0), ("reversal", working.booked.reversal_no), owed, cause
        )
        working.owed_minor -= owed
    left = amount_minor - owed
    if left:
        draft.transfer(account, ("gateway_clearing", 0), ("collected", no), left, cause)
    for line in sorted(_lines_of(charges, no), key=lambda line: line.line.cycle):
        cycle = line.line.cycle
        part = min(left, max(0, line.line.amount_minor - line.remaining_minor - reversals.paid[no, cycle]))
        if part <= 0:
            continue
        left -= part
        line.remaining_minor += part
        line.is_touched = True
        bill = account.bill(cycle)
        if bill is None or bill.payable_minor is not None:
            before = bill.paid_minor if bill is not None else 0
            correlation_id = f"charge:{attempt.reference}"
            pay_with_line(draft, account, bill, line, correlation_id=correlation_id, restored_by=cause)
            reversals.paid[no, cycle] += bill.paid_minor - before if bill is not None else 0
    if left:
        account.cash_minor += left
        account.touched = True
        draft.transfer(account, ("collected", no), ("cash", 0), left, cause)
    reversals.charges[no].reversed_minor -= amount_minor
    announce_reversal(draft, account, attempt, working, "charge.restored")


def _cause(working: WorkingReversal) -> str:
    return f"reversal:{working.booked.reversal_no}:{working.booked.steps}"


def _lines_of(charges: WorkingCharges, attempt_no: int) -> list[WorkingChargeLine]:
    return [line for line in charges.lines if line.line.attempt_no == attempt_no]


def _became_cash(reversals: WorkingReversals, lines: list[WorkingChargeLine], attempt_no: int) -> int:
    charge = reversals.charges[attempt_no]
    kept = sum(line.remaining_minor + reversals.paid[attempt_no, line.line.cycle] for line in lines)
    covered = charge.reversed_minor - reversals.owed_of(attempt_no)
    return max(0, charge.charge.charged_minor - covered - kept)


def _owe_again(
    draft: Draft,
    account: WorkingAccount,
    bill: WorkingBill,
    attempt_no: int,
    amount_minor: int,
    *,
    cause: str,
    correlation_id: str,
) -> None:
    """A record below zero, as the payment was one above it; the bill keeps its due date. Rule: R5.9b, R10.1d."""
    draft.transfer(account, ("receivable", bill.cycle), ("collected", attempt_no), amount_minor, cause)
    records, currency = draft.changes.records, account.currency
    records.repayments.append(
        RepaymentRow(account.id, bill.cycle, cause, "reversal", -amount_minor, currency, draft.at)
    )
    records.repayment_lines.append(
        RepaymentLineRow(account.id, bill.cycle, cause, 1, "external", attempt_no, -amount_minor)
    )
    bill.paid_minor -= amount_minor
    bill.touched = True
    announce_bill(draft, account, bill, "bill.owed_again", correlation_id)
