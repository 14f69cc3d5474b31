"""Rows to write about stored value cards, credit refunds and coupons. Amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class NewCard(NamedTuple):
    """A stored value card to insert, with the balance it has afterwards."""

    id: int
    account_id: int
    external_id: str
    balance_minor: int
    valid_from: datetime
    valid_until: datetime
    products: list[str] | None
    orders: list[str] | None
    granted_at: datetime


class NewCreditRefund(NamedTuple):
    """A credit refund to insert, with what remains of it afterwards."""

    id: int
    account_id: int
    cycle: int
    remaining_minor: int
    granted_at: datetime


class NewCoupon(NamedTuple):
    """A coupon to insert, with the balance it has afterwards."""

    id: int
    account_id: int
    external_id: str
    kind: str
    balance_minor: int
    valid_from: datetime
    valid_until: datetime


class FundValue(NamedTuple):
    """The balance a card, or a refund, loaded earlier has afterwards. Minor units."""

    id: int
    account_id: int
    balance_minor: int


@dataclass(slots=True)
class FundRows:
    """Funds that are new, and what is left of those known before."""

    new_cards: list[NewCard] = field(default_factory=list)
    cards: list[FundValue] = field(default_factory=list)
    new_credit_refunds: list[NewCreditRefund] = field(default_factory=list)
    credit_refunds: list[FundValue] = field(default_factory=list)
    new_coupons: list[NewCoupon] = field(default_factory=list)
    coupons: list[FundValue] = field(default_factory=list)
