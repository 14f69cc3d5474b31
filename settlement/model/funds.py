"""What pays bills besides cash: stored value cards and credit refunds. Rule: R4.5, R7.1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from settlement.model.accounts import AccountId
from settlement.model.cycle import Cycle

FundSource = Literal["coupon", "card", "refund", "cash", "external", "main_account"]
LedgerKind = Literal[
    "cash", "card", "refund", "receivable",
    "revenue", "bank_clearing", "card_grant", "refund_grant", "transfer_clearing", "opening",
    "collected", "gateway_clearing", "coupon", "coupon_grant", "expired", "refunding",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredValueCard:
    """A prepaid card. `products` and `orders` limit what it pays; None means every product, every order.

    Valid from `valid_from` up to, but not at, `valid_until` (UTC instants). `external_id` is the caller's name for it.
    """

    id: int
    account_id: AccountId
    external_id: str
    balance_minor: int
    valid_from: datetime
    valid_until: datetime
    products: frozenset[str] | None
    orders: frozenset[str] | None
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class CreditRefund:
    """Money given back for something bought on credit; pays bills of `cycle` and later ones."""

    id: int
    account_id: AccountId
    cycle: Cycle
    remaining_minor: int
    granted_at: datetime


CouponKind = Literal["amount_off", "single_use"]


@dataclass(frozen=True, slots=True)
class Coupon:
    """Takes its amount off bills as they are issued: until it is used up, or from one bill only. Rule: R4.7.

    Valid from `valid_from` up to, but not at, `valid_until` (UTC instants).
    """

    id: int
    account_id: AccountId
    external_id: str
    kind: CouponKind
    balance_minor: int
    valid_from: datetime
    valid_until: datetime
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class CreditWatch:
    """Available credit is to be told about when it is below `line_minor`: since when it is, how often that was said."""

    account_id: AccountId
    line_minor: int
    low_since: datetime | None
    said: int
    said_on: date | None
