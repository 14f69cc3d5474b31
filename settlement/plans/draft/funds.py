"""What is left of cards, credit refunds and coupons at this point of a plan."""

from __future__ import annotations

from typing import Generic, TypeVar

from settlement.model.funds import Coupon, CreditRefund, StoredValueCard
from settlement.model.snapshot import FundPosition

F = TypeVar("F", bound=StoredValueCard | CreditRefund | Coupon)


class WorkingFund(Generic[F]):
    """A card, refund or coupon with what is left of it."""

    __slots__ = ("balance_minor", "fund", "is_new", "touched")

    def __init__(self, fund: F, balance_minor: int, *, is_new: bool) -> None:
        self.fund = fund
        self.balance_minor = balance_minor
        self.is_new = is_new
        self.touched = False


class WorkingFunds:
    """The cards, credit refunds and coupons of an account, loaded and new."""

    __slots__ = ("cards", "coupons", "credit_refunds")

    def __init__(self, position: FundPosition) -> None:
        self.cards = [WorkingFund(card, card.balance_minor, is_new=False) for card in position.cards]
        self.credit_refunds = [
            WorkingFund(refund, refund.remaining_minor, is_new=False) for refund in position.credit_refunds
        ]
        self.coupons = [
            WorkingFund(coupon, coupon.balance_minor, is_new=False) for coupon in position.coupons
        ]
