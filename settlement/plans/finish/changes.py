"""From a draft to changes: the rows for everything that was touched."""

from __future__ import annotations

from settlement.model.changes import Changes
from settlement.model.funds import Coupon, StoredValueCard
from settlement.model.rows.accounts import AccountValues
from settlement.model.rows.bills import BillPaid, BillValues, LinePaid
from settlement.model.rows.funds import FundValue, NewCard, NewCoupon, NewCreditRefund
from settlement.plans.draft.draft import Draft, WorkingAccount
from settlement.plans.finish.charges import finish_charging
from settlement.plans.finish.credit import finish_overdue, finish_watch
from settlement.plans.finish.payments import finish_repaying
from settlement.plans.finish.refunds import finish_refunding


def finish(draft: Draft) -> Changes:
    """The rows for everything that was touched."""
    for account in draft.accounts.values():
        if account.touched:
            draft.changes.accounts.values.append(_values(account))
        _finish_bills(draft, account)
        if account.cards or account.refunds or account.coupons:
            _finish_funds(draft, account)
        if account.watch is not None:
            finish_watch(draft, account, account.watch)
        if account.charging is not None:
            finish_charging(draft, account, account.charging)
        if account.refunding is not None:
            finish_refunding(draft, account, account.refunding)
    finish_repaying(draft.changes, draft.repaying)
    return draft.changes


def _finish_bills(draft: Draft, account: WorkingAccount) -> None:
    overdue_settled = False
    for bill in account.bills:
        if not bill.touched or bill.payable_minor is None:
            continue
        state = bill.state
        if bill.issued_now and bill.figures is not None:
            payable, dropped, carried = bill.figures
            draft.changes.bills.issued.append(
                BillValues(
                    account.id,
                    bill.cycle,
                    state,
                    payable,
                    dropped,
                    carried,
                    bill.paid_minor,
                    bill.due_on,
                    bill.due_rule,
                )
            )
        else:
            draft.changes.bills.paid.append(
                BillPaid(account.id, bill.cycle, state, bill.paid_minor, bill.reserved_minor)
            )
            overdue_settled |= bill.overdue and state == "settled"
    if overdue_settled:
        finish_overdue(draft, account)
    for working in account.lines:
        if working.touched:
            line = working.line
            draft.changes.bills.lines_paid.append(
                LinePaid(
                    account.id,
                    line.cycle,
                    line.product,
                    line.order_id,
                    line.single_month,
                    working.card_paid_minor,
                )
            )


def _finish_funds(draft: Draft, account: WorkingAccount) -> None:
    for working in account.cards:
        card = working.fund
        if working.is_new:
            draft.changes.funds.new_cards.append(_new_card(card, working.balance_minor))
        elif working.touched:
            draft.changes.funds.cards.append(FundValue(card.id, account.id, working.balance_minor))
    for working_coupon in account.coupons:
        coupon = working_coupon.fund
        if working_coupon.is_new:
            draft.changes.funds.new_coupons.append(_new_coupon(coupon, working_coupon.balance_minor))
        elif working_coupon.touched:
            draft.changes.funds.coupons.append(FundValue(coupon.id, account.id, working_coupon.balance_minor))
    for owed in account.refunds:
        refund = owed.fund
        if owed.is_new:
            draft.changes.funds.new_credit_refunds.append(
                NewCreditRefund(refund.id, account.id, refund.cycle, owed.balance_minor, refund.granted_at)
            )
        elif owed.touched:
            draft.changes.funds.credit_refunds.append(FundValue(refund.id, account.id, owed.balance_minor))


def _values(account: WorkingAccount) -> AccountValues:
    return AccountValues(
        account.id,
        account.cash_minor,
        account.credit_limit_minor,
        account.frozen_minor,
        account.credit_control,
        account.auto_write_off_enabled,
        account.write_off_past_bills,
        account.transferred_in_minor,
        account.returnable_minor,
        account.held_minor,
    )


def _new_coupon(coupon: Coupon, balance_minor: int) -> NewCoupon:
    return NewCoupon(
        coupon.id, coupon.account_id, coupon.external_id, coupon.kind, balance_minor, coupon.valid_from,
        coupon.valid_until,
    )  # fmt: skip


def _new_card(card: StoredValueCard, balance_minor: int) -> NewCard:
    return NewCard(
        card.id,
        card.account_id,
        card.external_id,
        balance_minor,
        card.valid_from,
        card.valid_until,
        sorted(card.products) if card.products is not None else None,
        sorted(card.orders) if card.orders is not None else None,
        card.granted_at,
    )
