"""What a plan decided about cards, credit refunds and coupons, as rows. Rule: R4.5, R4.7, R7.1."""

from __future__ import annotations

from settlement.model.funds import Coupon, StoredValueCard
from settlement.model.rows.funds import FundValue, NewCard, NewCoupon, NewCreditRefund
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft


def finish_funds(draft: Draft, account: WorkingAccount) -> None:
    """The rows for funds that are new or were touched."""
    for working in account.funds.cards:
        card = working.fund
        if working.is_new:
            draft.changes.funds.new_cards.append(_new_card(card, working.balance_minor))
        elif working.touched:
            draft.changes.funds.cards.append(FundValue(card.id, account.id, working.balance_minor))
    for working_coupon in account.funds.coupons:
        coupon = working_coupon.fund
        if working_coupon.is_new:
            draft.changes.funds.new_coupons.append(_new_coupon(coupon, working_coupon.balance_minor))
        elif working_coupon.touched:
            draft.changes.funds.coupons.append(FundValue(coupon.id, account.id, working_coupon.balance_minor))
    for owed in account.funds.credit_refunds:
        refund = owed.fund
        if owed.is_new:
            draft.changes.funds.new_credit_refunds.append(
                NewCreditRefund(refund.id, account.id, refund.cycle, owed.balance_minor, refund.granted_at)
            )
        elif owed.touched:
            draft.changes.funds.credit_refunds.append(FundValue(refund.id, account.id, owed.balance_minor))


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
