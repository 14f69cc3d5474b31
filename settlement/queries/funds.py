"""What an account can pay with beside cash: stored value cards, coupons, credit refunds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.cycle import Cycle
from settlement.model.funds import FUNDS, STORED, CouponKind, FundKind
from settlement.storage.sql.columns import columns
from settlement.storage.tables.funds import COUPON, CREDIT_REFUND, STORED_VALUE_CARD

# What a person knows a fund by, in SQL: its caller's name for it, or its month.
KNOWN_BY = {
    source: "to_char(cycle, 'FM0000\"-\"00')" if stored.name == "cycle" else stored.name
    for source, stored in STORED.items()
}


@dataclass(frozen=True, slots=True)
class CardView:
    """A stored value card with its balance, minor units."""

    external_id: str
    balance_minor: int
    currency: str
    valid_from: datetime
    valid_until: datetime
    products: Sequence[str] | None
    orders: Sequence[str] | None


class CouponView(NamedTuple):
    """A coupon with its balance, minor units."""

    external_id: str
    kind: CouponKind
    balance_minor: int
    currency: str
    valid_from: datetime
    valid_until: datetime
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class CreditRefundView:
    """A credit refund with what is left of it, minor units."""

    id: int
    cycle: Cycle
    remaining_minor: int
    currency: str
    granted_at: datetime

    @property
    def balance_minor(self) -> int:
        """What remains, under the name that it has for every fund."""
        return self.remaining_minor


class FundsView(NamedTuple):
    """What an account has of each kind, under the name of its source, in the order in which statements list them."""

    card: Sequence[CardView]
    coupon: Sequence[CouponView]
    refund: Sequence[CreditRefundView]

    def by_kind(self) -> Iterator[tuple[FundKind, Sequence[CardView | CouponView | CreditRefundView]]]:
        """Each kind with what there is of it."""
        rows: tuple[Sequence[CardView | CouponView | CreditRefundView], ...] = self
        return ((FUNDS[source], of_kind) for source, of_kind in zip(STORED, rows, strict=True))


_CARDS = text(f"""
    SELECT {columns(STORED_VALUE_CARD, CardView, "c", currency="a.currency")}
    FROM stored_value_card c JOIN account a ON a.id = c.account_id
    WHERE c.account_id = :id AND (:all OR c.balance_minor > 0)
      AND (CAST(:after AS text) IS NULL OR (c.valid_until, c.id) >
           (SELECT valid_until, id FROM stored_value_card WHERE account_id = :id AND external_id = :after))
    ORDER BY c.valid_until, c.id LIMIT :limit""")
_COUPONS = text(f"""
    SELECT {columns(COUPON, CouponView, "k", currency="a.currency")}
    FROM coupon k JOIN account a ON a.id = k.account_id
    WHERE k.account_id = :id AND (:all OR k.balance_minor > 0)
      AND (CAST(:after AS text) IS NULL OR (k.valid_until, k.granted_at, k.id) >
           (SELECT valid_until, granted_at, id FROM coupon WHERE account_id = :id AND external_id = :after))
    ORDER BY k.valid_until, k.granted_at, k.id LIMIT :limit""")
_CREDIT_REFUNDS = text(f"""
    SELECT {columns(CREDIT_REFUND, CreditRefundView, "f", currency="a.currency")}
    FROM credit_refund f JOIN account a ON a.id = f.account_id
    WHERE f.account_id = :id AND f.remaining_minor > 0
      AND (CAST(:after AS bigint) IS NULL OR (f.granted_at, f.id) >
           (SELECT granted_at, id FROM credit_refund WHERE account_id = :id AND id = :after))
    ORDER BY f.granted_at, f.id LIMIT :limit""")


def cards(
    tx: Connection,
    account_id: int,
    *,
    used_up: bool = False,
    after: str | None = None,
    limit: int | None = None,
) -> list[CardView]:
    """An account's stored value cards, expiring first, from the one after `after` on; those without a balance only with
    `used_up`. All of them where no `limit` is given.
    """
    parameters = {"id": account_id, "all": used_up, "after": after, "limit": limit}
    return [CardView(*row) for row in tx.execute(_CARDS, parameters)]


def coupons(
    tx: Connection,
    account_id: int,
    *,
    used_up: bool = False,
    after: str | None = None,
    limit: int | None = None,
) -> list[CouponView]:
    """An account's coupons, in the order in which they are used, likewise."""
    parameters = {"id": account_id, "all": used_up, "after": after, "limit": limit}
    return [CouponView(*row) for row in tx.execute(_COUPONS, parameters)]


def credit_refunds(
    tx: Connection, account_id: int, *, after: int | None = None, limit: int | None = None
) -> list[CreditRefundView]:
    """An account's credit refunds that have something left, oldest first, from the one after number `after` on."""
    parameters = {"id": account_id, "after": after, "limit": limit}
    return [CreditRefundView(*row) for row in tx.execute(_CREDIT_REFUNDS, parameters)]


def of_account(tx: Connection, account_id: int) -> FundsView:
    """Everything that an account has with something left."""
    return FundsView(cards(tx, account_id), coupons(tx, account_id), credit_refunds(tx, account_id))
