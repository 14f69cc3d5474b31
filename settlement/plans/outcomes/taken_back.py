"""Takes a payment back in part or whole because its gateway did, and brings it back again. Rule: R5.9b, R5.9c, R5.9d.

All of it goes through what the charge holds (`collected`), the way it came: out of what it holds for bills to come, the
cash it left, the bills it paid; and what none of these covers is owed.
"""

from __future__ import annotations

from dataclasses import dataclass

from settlement.model.funds import LedgerKind
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


@dataclass(frozen=True, slots=True)
class Movement:
    """Money of one charge that a reversal moves at this point of the plan."""

    draft: Draft
    account: WorkingAccount
    charges: WorkingCharges
    reversals: WorkingReversals
    attempt: ChargeAttempt
    working: WorkingReversal

    def take_back(self, amount_minor: int) -> None:
        """The amount goes back to the gateway; what it had paid is owed again, the newest bill first."""
        draft, account, no = self.draft, self.account, self.attempt.attempt_no
        left = amount_minor
        lines = sorted(self._lines(), key=lambda line: line.line.cycle, reverse=True)
        # Before anything is taken: what the charge left as cash is what it brought in less all the rest.
        became_cash = self._became_cash(lines)
        for line in lines:
            part = min(left, line.remaining_minor)
            if part:
                line.remaining_minor -= part
                line.is_touched = True
                left -= part
        if (part := min(left, became_cash, account.spendable_minor)) > 0:
            draft.transfer(account, ("cash", 0), ("collected", no), part, self._cause)
            account.spend_cash(part)
            left -= part
        for line in lines:
            bill = account.bill(line.line.cycle)
            part = min(left, self.reversals.paid[no, line.line.cycle])
            if bill is not None and part > 0:
                self._owe_again(bill, part)
                self.reversals.paid[no, bill.cycle] -= part
                left -= part
        if left:
            draft.transfer(account, self._owed, ("collected", no), left, self._cause)
            self.working.owed_minor += left
        draft.transfer(account, ("collected", no), ("gateway_clearing", 0), amount_minor, self._cause)
        self.reversals.charges[no].reversed_minor += amount_minor
        announce_reversal(draft, account, self.attempt, self.working, "charge.reversed")

    def bring_back(self, amount_minor: int) -> None:
        """The gateway gave the amount to us again: it pays what is owed for it, then the bills of the charge as far as
        they are not paid, the oldest first; the rest is kept for a bill to come, or is cash.
        """
        draft, account, no, paid = self.draft, self.account, self.attempt.attempt_no, self.reversals.paid
        owed = min(amount_minor, self.working.owed_minor)
        if owed:
            draft.transfer(account, ("gateway_clearing", 0), self._owed, owed, self._cause)
            self.working.owed_minor -= owed
        left = amount_minor - owed
        if left:
            draft.transfer(account, ("gateway_clearing", 0), ("collected", no), left, self._cause)
        for line in sorted(self._lines(), key=lambda line: line.line.cycle):
            cycle = line.line.cycle
            part = min(left, max(0, line.line.amount_minor - line.remaining_minor - paid[no, cycle]))
            if part <= 0:
                continue
            left -= part
            line.remaining_minor += part
            line.is_touched = True
            bill = account.bill(cycle)
            if bill is None or bill.payable_minor is not None:
                before = bill.paid_minor if bill is not None else 0
                pay_with_line(
                    draft, account, bill, line, correlation_id=self._correlation_id, restored_by=self._cause
                )
                paid[no, cycle] += bill.paid_minor - before if bill is not None else 0
        if left:
            account.cash_minor += left
            account.touched = True
            draft.transfer(account, ("collected", no), ("cash", 0), left, self._cause)
        self.reversals.charges[no].reversed_minor -= amount_minor
        announce_reversal(draft, account, self.attempt, self.working, "charge.restored")

    @property
    def _cause(self) -> str:
        return f"reversal:{self.working.booked.reversal_no}:{self.working.booked.steps}"

    @property
    def _correlation_id(self) -> str:
        return f"charge:{self.attempt.reference}"

    @property
    def _owed(self) -> tuple[LedgerKind, int]:
        return ("reversal", self.working.booked.reversal_no)

    def _lines(self) -> list[WorkingChargeLine]:
        return [line for line in self.charges.lines if line.line.attempt_no == self.attempt.attempt_no]

    def _became_cash(self, lines: list[WorkingChargeLine]) -> int:
        no = self.attempt.attempt_no
        charge = self.reversals.charges[no]
        kept = sum(line.remaining_minor + self.reversals.paid[no, line.line.cycle] for line in lines)
        covered = charge.reversed_minor - self.reversals.owed_of(no)
        return max(0, charge.charge.charged_minor - covered - kept)

    def _owe_again(self, bill: WorkingBill, amount_minor: int) -> None:
        """A record below zero, as the payment was one above it; the bill keeps its due date. Rule: R5.9b, R10.1d."""
        draft, account, cause, no = self.draft, self.account, self._cause, self.attempt.attempt_no
        draft.transfer(account, ("receivable", bill.cycle), ("collected", no), amount_minor, cause)
        records, currency = draft.changes.records, account.currency
        records.repayments.append(
            RepaymentRow(account.id, bill.cycle, cause, "reversal", -amount_minor, currency, draft.at)
        )
        records.repayment_lines.append(
            RepaymentLineRow(account.id, bill.cycle, cause, 1, "external", no, -amount_minor)
        )
        bill.paid_minor -= amount_minor
        bill.touched = True
        announce_bill(draft, account, bill, "bill.owed_again", self._correlation_id)
