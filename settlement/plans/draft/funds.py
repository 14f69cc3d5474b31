"""What is left of cards, credit refunds and coupons at this point of a plan."""

from __future__ import annotations

from typing import Generic, TypeVar

from settlement.model.funds import Coupon, CreditRefund, StoredValueCard

F = TypeVar("F", bound=StoredValueCard | CreditRefund | Coupon)


class WorkingFund(Generic[F]):
    """A card, refund or coupon with what is left of it."""

    __slots__ = ("balance_minor", "fund", "is_new", "touched")

    def __init__(self, fund: F, balance_minor: int, *, is_new: bool) -> None:
        self.fund = fund
        self.balance_minor = balance_minor
        self.is_new = is_new
        self.touched = False
