"""Writes stored value cards, credit refunds and coupons: new ones, and what is left of those known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.funds import FundRows, FundValue, NewCard, NewCoupon, NewCreditRefund
from settlement.storage.sql.copy import copy_rows
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.funds import COUPON, CREDIT_REFUND, STORED_VALUE_CARD
from settlement.storage.tables.kinds import BIGINT

_NEW_CARDS = from_rows(
    STORED_VALUE_CARD, NewCard, "INSERT INTO stored_value_card ($columns) SELECT $columns FROM $v"
)
_CARDS = from_rows(
    STORED_VALUE_CARD,
    FundValue,
    """UPDATE stored_value_card c SET $set
       FROM $v WHERE c.account_id = v.account_id AND c.id = v.id AND c.account_id BETWEEN :first AND :last""",
)
_CREDIT_REFUNDS = from_rows(
    CREDIT_REFUND,
    FundValue,
    """UPDATE credit_refund r SET remaining_minor = v.balance_minor
       FROM $v WHERE r.account_id = v.account_id AND r.id = v.id AND r.account_id BETWEEN :first AND :last
         AND r.remaining_minor > 0""",
    kinds={"balance_minor": BIGINT},
)
_NEW_COUPONS = from_rows(
    COUPON, NewCoupon, "INSERT INTO coupon ($columns, granted_at) SELECT $columns, :at FROM $v"
)
_COUPONS = from_rows(
    COUPON,
    FundValue,
    """UPDATE coupon c SET $set
       FROM $v WHERE c.account_id = v.account_id AND c.id = v.id AND c.account_id BETWEEN :first AND :last""",
)


def apply_funds(tx: Connection, rows: FundRows, at: datetime) -> None:
    """At most two statements per table. `at` is the logical instant (UTC)."""
    write(tx, _NEW_CARDS, rows.new_cards)
    copy_rows(tx, CREDIT_REFUND, NewCreditRefund, rows.new_credit_refunds)
    write(tx, _NEW_COUPONS, rows.new_coupons, at=at)
    write(tx, _CARDS, rows.cards)
    write(tx, _CREDIT_REFUNDS, rows.credit_refunds)
    write(tx, _COUPONS, rows.coupons)
