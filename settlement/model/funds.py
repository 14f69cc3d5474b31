"""What pays bills besides cash: stored value cards and credit refunds. Rule: R4.5, R7.1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from settlement.model.account import AccountId
from settlement.model.cycle import Cycle


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
