"""The rows that the database makes of the close of plain accounts, spelled out as those of others."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from decimal import Decimal

from settlement.model.accounts import Account
from settlement.model.changes import Changes
from settlement.model.rows.accounts import AccountValues
from settlement.model.rows.bills import BillValues
from settlement.model.rows.plain import PlainClose, PlainCloses
from settlement.model.rows.records import RepaymentLineRow, RepaymentRow, TransferRow
from settlement.model.snapshot import Snapshot


def spelled_out(changes: Changes, before: Snapshot, *, at: datetime) -> Changes:
    """The same changes, with all rows of plain accounts in the place of one for each."""
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
