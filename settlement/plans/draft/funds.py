"""What is left of cards, credit refunds and coupons at this point of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Generic, TypeVar

from settlement.model.funds import FundPosition, FundSource, StoredFund

F = TypeVar("F", bound=StoredFund)


class WorkingFund(Generic[F]):
    """A card, refund or coupon with what is left of it."""

    __slots__ = ("balance_minor", "fund", "is_new", "touched")

    def __init__(self, fund: F, *, is_new: bool = False) -> None:
        self.fund = fund
        self.balance_minor = fund.balance_minor
        self.is_new = is_new
        self.touched = False


class WorkingFunds:
    """The cards, credit refunds and coupons of an account, loaded and new."""

    __slots__ = ("cards", "coupons", "credit_refunds")

    def __init__(self, position: FundPosition) -> None:
        # Most accounts own none; an empty list costs less than an empty loop.
        self.cards = [WorkingFund(card) for card in position.cards] if position.cards else []
        self.credit_refunds = (
            [WorkingFund(refund) for refund in position.credit_refunds] if position.credit_refunds else []
        )
        self.coupons = [WorkingFund(coupon) for coupon in position.coupons] if position.coupons else []

    def __bool__(self) -> bool:
        return bool(self.cards or self.credit_refunds or self.coupons)

    def stored(self) -> Iterator[WorkingFund[Any]]:
        """All of them."""
        return chain(self.cards, self.credit_refunds, self.coupons)

    def find(self, source: FundSource, fund_id: int) -> WorkingFund[Any]:
        """One by its kind and id."""
        return next(
            found for found in self.stored() if found.fund.id == fund_id and found.fund.source == source
        )
