"""What pays bills besides cash: cards, credit refunds, coupons."""

from __future__ import annotations

from settlement.model.funds import CouponKind
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, required, table
from settlement.storage.tables.kinds import enum

COUPON_KIND = enum("coupon_kind", CouponKind)

STORED_VALUE_CARD = table(
    "stored_value_card",
    key("id", kinds.BIGINT),
    required("account_id", kinds.BIGINT, "account.id"),
    required("external_id", kinds.TEXT),
    required("balance_minor", kinds.BIGINT),
    required("valid_from", kinds.TIMESTAMPTZ),
    required("valid_until", kinds.TIMESTAMPTZ),
    optional("products", kinds.TEXTS),
    optional("orders", kinds.TEXTS),
    required("granted_at", kinds.TIMESTAMPTZ),
)

CREDIT_REFUND = table(
    "credit_refund",
    key("id", kinds.BIGINT),
    required("account_id", kinds.BIGINT, "account.id"),
    required("cycle", kinds.CYCLE),
    required("remaining_minor", kinds.BIGINT),
    required("granted_at", kinds.TIMESTAMPTZ),
)

COUPON = table(
    "coupon",
    key("id", kinds.BIGINT),
    required("account_id", kinds.BIGINT, "account.id"),
    required("external_id", kinds.TEXT),
    required("kind", COUPON_KIND),
    required("balance_minor", kinds.BIGINT),
    required("valid_from", kinds.TIMESTAMPTZ),
    required("valid_until", kinds.TIMESTAMPTZ),
    required("granted_at", kinds.TIMESTAMPTZ),
)
