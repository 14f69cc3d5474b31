"""The month close of an account with cash and bills that accrue, and nothing else, as most have. Rule: R3.1, R4.1.

It comes to what `close_bill` comes to, by the same rules, without a scratch copy of the account; a test holds the two
against each other. Whatever else an account has makes it none of these, a field that is added tomorrow included.
"""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from operator import attrgetter

from settlement.model.accounts import Account, AccountId
from settlement.model.bills import Bill
from settlement.model.cycle import Cycle
from settlement.model.rows.accounts import AccountValues
from settlement.model.rows.bills import BillValues
from settlement.model.rows.records import RepaymentLineRow, RepaymentRow, TransferRow
from settlement.model.skip import Skip, SkipReason
from settlement.model.snapshot import Position
from settlement.plans.announcements.bills import bill_announced
from settlement.plans.draft.draft import Draft
from settlement.rules.credit import AvailableCredit, accruing_minor, spendable_cash
from settlement.rules.gate import gate_reasons, needs_available_credit
from settlement.rules.issuance import IssuedFigures, issued_figures

# What the close of a plain account reads. All else has to be as it is of an account that has nothing of it.
_READ = ("account", "bills")
_READ_OF_ACCOUNT = (
    "id", "external_id", "currency", "cash_minor", "credit_limit_minor", "frozen_minor", "credit_control",
    "auto_write_off_enabled", "write_off_past_bills", "funds_since",
)  # fmt: skip
_ALL_ELSE = attrgetter(*(field.name for field in fields(Position) if field.name not in _READ))
_ALL_ELSE_OF_ACCOUNT = attrgetter(*(name for name in Account._fields if name not in _READ_OF_ACCOUNT))
_NEW = Account(AccountId(0), "", "", 0, 0, 0, False, True, False, None)
_NOTHING, _NOTHING_OF_ACCOUNT = _ALL_ELSE(Position(_NEW)), _ALL_ELSE_OF_ACCOUNT(_NEW)
# A bill from `payable_minor` on, while it accrues.
_ACCRUING = Bill(AccountId(0), Cycle(0), "accruing", Decimal(0), Decimal(0), None, 0)[5:]


def plain_bill(position: Position, cycle: Cycle) -> Bill | None:
    """The bill of the cycle, which is to be issued, of a plain account; None where the account is another, or has none.

    None of its bills is issued, and none carries credit in or out.
    """
    found = None
    for bill in position.bills:
        if bill[5:] != _ACCRUING or bill.carried_in or bill.accrued < 0:
            return None
        if bill.cycle == cycle:
            found = bill
    if _ALL_ELSE(position) != _NOTHING or _ALL_ELSE_OF_ACCOUNT(position.account) != _NOTHING_OF_ACCOUNT:
        return None
    return found


def close_plain(draft: Draft, position: Position, bill: Bill, *, cause: str, correlation_id: str) -> None:
    """Issues the bill and writes off at once from cash, as far as the gate and the cash allow."""
    account, rows = position.account, draft.changes
    figures = issued_figures(bill.accrued, bill.carried_in, account.currency)
    payable = figures.payable_minor
    rows.announcements.append(bill_announced(account, bill.cycle, payable, 0, "bill.issued", correlation_id))
    if payable:
        rows.records.transfers.append(
            TransferRow(
                account.id, "receivable", bill.cycle, "revenue", 0, payable, account.currency, cause, draft.at
            )
        )
        paid = _write_off(draft, position, bill.cycle, payable, cause)
        topic = "bill.settled" if paid == payable else "bill.paid_in_part"
    else:
        paid, topic = 0, "bill.settled"
    if paid or not payable:
        rows.announcements.append(bill_announced(account, bill.cycle, payable, paid, topic, correlation_id))
    rows.bills.issued.append(_issued(draft, account, bill, figures, paid))


def _issued(draft: Draft, account: Account, bill: Bill, figures: IssuedFigures, paid: int) -> BillValues:
    is_settled, settled_at = paid == figures.payable_minor, None
    if is_settled:
        settled_at = draft.spent_at(account) if paid else draft.at
    return BillValues(
        bill.account_id, bill.cycle, "settled" if is_settled else "unsettled", paid, settled_at, *figures, None, None,
    )  # fmt: skip


def _write_off(draft: Draft, position: Position, cycle: Cycle, payable: int, cause: str) -> int:
    """What cash pays of the bill, or why it pays not all of it."""
    account, rows = position.account, draft.changes
    if shut := gate_reasons(
        parked=False,
        switch_on=account.auto_write_off_enabled,
        on_hold=False,
        available=_available_credit(draft, position, cycle),
        needs_credit=needs_available_credit(credit_control=account.credit_control, default_method=None),
    ):
        rows.skips.append(Skip(account.id, shut[0]))
        return 0
    paid = min(payable, spendable_cash(account.cash_minor, account.frozen_minor))
    if paid < payable:
        if not draft.policy.partial_write_off:
            rows.skips.append(Skip(account.id, SkipReason.PARTIAL_NOT_ALLOWED))
            return 0
        rows.skips.append(Skip(account.id, SkipReason.NO_FUNDS))
    if paid:
        _pay(draft, account, cycle, paid, cause)
    return paid


def _available_credit(draft: Draft, position: Position, issued: Cycle) -> AvailableCredit:
    account, frozen = position.account, position.account.frozen_minor
    if draft.policy.freeze_accruing:
        for bill in position.bills:
            if bill.cycle != issued:
                frozen += accruing_minor(bill.accrued, bill.carried_in, account.currency)
    return AvailableCredit(account.cash_minor, account.credit_limit_minor, frozen)


def _pay(draft: Draft, account: Account, cycle: Cycle, paid: int, cause: str) -> None:
    rows, records, paid_at = draft.changes, draft.changes.records, draft.spent_at(account)
    records.transfers.append(
        TransferRow(account.id, "cash", 0, "receivable", cycle, paid, account.currency, cause, paid_at)
    )
    records.repayment_lines.append(RepaymentLineRow(account.id, cycle, cause, 1, "cash", 0, paid))
    records.repayments.append(
        RepaymentRow(account.id, cycle, cause, "auto_write_off", paid, account.currency, paid_at)
    )
    rows.accounts.values.append(
        AccountValues(
            account.id, account.cash_minor - paid, account.credit_limit_minor, account.frozen_minor,
            account.credit_control, account.auto_write_off_enabled, account.write_off_past_bills, 0, 0, 0,
            account.funds_since,
        )
    )  # fmt: skip
