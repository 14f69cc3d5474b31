"""Stored value cards and coupons. Rule: R4.6, R4.7."""

from __future__ import annotations

from settlement.errors import Refused
from settlement.model.commands.funds import CardActivated, CouponGranted
from settlement.model.funds import Coupon, StoredValueCard
from settlement.plans.draft.funds import WorkingFund
from settlement.plans.events.batch import Batch, handle


@handle.register
def activate_card(command: CardActivated, batch: Batch) -> None:
    """A stored value card."""
    head, draft, amount = command.head, batch.draft, command.amount_minor
    account = batch.account(head.account, command.currency)
    if (account.id, command.card) in batch.cards:
        raise Refused("card_exists", f"card {command.card} of account {head.account} is active already")
    batch.cards.add((account.id, command.card))
    card = StoredValueCard(
        head.inbox_id, account.id, command.card, amount, command.valid_from, command.valid_until,
        command.products, command.orders, draft.at,
    )  # fmt: skip
    account.funds.cards.append(WorkingFund(card, is_new=True))
    draft.transfer(account, ("card_grant", 0), ("card", card.id), amount, head.cause)
    batch.write_off(account, head)


@handle.register
def grant_coupon(command: CouponGranted, batch: Batch) -> None:
    """A coupon; it comes off bills when they are issued."""
    head, draft, amount = command.head, batch.draft, command.amount_minor
    account = batch.account(head.account, command.currency)
    if (account.id, command.coupon) in batch.coupons:
        raise Refused("coupon_exists", f"coupon {command.coupon} of account {head.account} is known already")
    batch.coupons.add((account.id, command.coupon))
    coupon = Coupon(
        head.inbox_id, account.id, command.coupon, command.kind, amount, command.valid_from,
        command.valid_until, draft.at,
    )  # fmt: skip
    account.funds.coupons.append(WorkingFund(coupon, is_new=True))
    draft.transfer(account, ("coupon_grant", 0), ("coupon", coupon.id), amount, head.cause)
