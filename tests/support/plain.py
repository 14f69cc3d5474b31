"""The rows that the database makes of the close of plain accounts and of plain bills paid, spelled out as those of
others.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from decimal import Decimal

from settlement.model.accounts import Account
from settlement.model.changes import Changes
from settlement.model.rows.accounts import AccountValues, HoldChange
from settlement.model.rows.bills import BillPaid, BillValues
from settlement.model.rows.plain import PlainClose, PlainCloses, PlainPayment, PlainPayments
from settlement.model.rows.records import RepaymentLineRow, RepaymentRow, TransferRow
from settlement.model.rows.unified_settlements import UnifiedLineRow
from settlement.model.snapshot import Snapshot
from settlement.model.unified_settlements import UNIFIED_HOLD, UnifiedLine


def spelled_out(changes: Changes, before: Snapshot, *, at: datetime) -> Changes:
    """The same changes, with all rows of plain accounts and bills in the place of one for each."""
    rest = deepcopy(changes)
    closes, rest.plain = rest.plain, PlainCloses()
    for close in closes.rows:
        owner = before.positions[close.account_id].account  # type: ignore[index]
        rest.bills.issued.append(_bill(closes, close))
        if close.payable_minor:
            rest.records.transfers.append(
                TransferRow(
                    owner.id, "receivable", closes.cycle, "revenue", 0, close.payable_minor, owner.currency,
                    closes.cause, at,
                )
            )  # fmt: skip
        if close.paid_minor:
            _pay(rest, owner, closes, close)
    payments, rest.plain_payments = rest.plain_payments, PlainPayments()
    lines = {(one.settlement_id, one.account_id, one.cycle): one for one in before.unified_settlements.lines}
    for payment in payments.rows:
        _pay_plain(rest, payments, payment, lines[payments.settlement_id, *payment[:2]], before, at)  # type: ignore[index]
    return rest


def _bill(closes: PlainCloses, close: PlainClose) -> BillValues:
    is_settled = close.paid_minor == close.payable_minor
    return BillValues(
        close.account_id, closes.cycle, "settled" if is_settled else "unsettled", close.paid_minor,
        close.paid_at if is_settled else None, close.payable_minor, close.dropped, Decimal(0), None, None,
    )  # fmt: skip


def _pay(rest: Changes, owner: Account, closes: PlainCloses, close: PlainClose) -> None:
    cycle, cause, paid, paid_at = closes.cycle, closes.cause, close.paid_minor, close.paid_at
    rest.records.transfers.append(
        TransferRow(owner.id, "cash", 0, "receivable", cycle, paid, owner.currency, cause, paid_at)
    )
    rest.records.repayment_lines.append(RepaymentLineRow(owner.id, cycle, cause, 1, "cash", 0, paid))
    rest.records.repayments.append(
        RepaymentRow(owner.id, cycle, cause, "auto_write_off", paid, owner.currency, paid_at)
    )
    rest.accounts.values.append(
        AccountValues(
            owner.id, close.cash_minor, owner.credit_limit_minor, owner.frozen_minor, owner.credit_control,
            owner.auto_write_off_enabled, owner.write_off_past_bills, owner.transferred_in_minor,
            owner.returnable_minor, owner.held_minor, owner.funds_since,
        )
    )  # fmt: skip


def _pay_plain(
    rest: Changes,
    payments: PlainPayments,
    payment: PlainPayment,
    line: UnifiedLine,
    before: Snapshot,
    at: datetime,
) -> None:
    account_id, cycle, amount = payment
    cause, currency, main_id = payments.cause, payments.currency, payments.main_id
    bill = next(one for one in before.positions[line.account_id].bills if one.cycle == cycle)
    rest.bills.paid.append(BillPaid(account_id, cycle, "settled", bill.payable_minor or 0, 0, at))
    rest.records.transfers.append(
        TransferRow(
            account_id, "transfer_clearing", main_id, "receivable", cycle, amount, currency, cause, at
        )
    )
    rest.records.repayment_lines.append(
        RepaymentLineRow(account_id, cycle, cause, 1, "main_account", main_id, amount)
    )
    rest.records.repayments.append(
        RepaymentRow(account_id, cycle, cause, "unified_settlement", amount, currency, at)
    )
    rest.unified_settlements.lines.append(
        UnifiedLineRow(
            payments.settlement_id, line.line_no, account_id, cycle, line.listed_minor, line.paid_minor + amount,
            "paid", None,
        )
    )  # fmt: skip
    if payments.releases:
        ref = str(payments.settlement_id)
        if any(hold[1:] == (UNIFIED_HOLD, ref) for hold in before.positions[line.account_id].holds):
            rest.accounts.holds.append(HoldChange(account_id, UNIFIED_HOLD, ref, is_set=False))
