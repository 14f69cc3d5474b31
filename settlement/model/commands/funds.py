"""Stored value cards and coupons. Rule: R4.6, R4.7."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from settlement.model.commands.command import Command, Related
from settlement.model.funds import CouponKind


@dataclass(frozen=True, slots=True)
class CardActivated(Command):
    """A stored value card with its balance and limits."""

    card: str
    currency: str
    amount_minor: int
    valid_from: datetime
    valid_until: datetime
    products: frozenset[str] | None
    orders: frozenset[str] | None

    def related(self) -> Related:
        """What it needs beside its own account."""
        return Related(cards=[self.card])


@dataclass(frozen=True, slots=True)
class CouponGranted(Command):
    """A coupon with its amount and validity. Rule: R4.7."""

    coupon: str
    kind: CouponKind
    currency: str
    amount_minor: int
    valid_from: datetime
    valid_until: datetime

    def related(self) -> Related:
        """What it needs beside its own account."""
        return Related(coupons=[self.coupon])
