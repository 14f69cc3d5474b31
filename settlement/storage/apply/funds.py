"""Writes stored value cards, credit refunds and coupons: new ones, and what is left of those known."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, text

from settlement.model.rows.funds import FundRows
from settlement.storage.sql.copy import copy_rows
from settlement.storage.sql.rows import from_rows, write

# What a card pays is a list inside a row, which an array per column cannot carry.
_NEW_CARDS = text("""
    INSERT INTO stored_value_card (id, account_id, external_id, balance_minor, valid_from, valid_until,
        products, orders, granted_at)
    SELECT id, account_id, external_id, balance_minor, valid_from, valid_until,
           CASE WHEN products IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(products)) END,
           CASE WHEN orders IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(orders)) END,
           granted_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (id bigint, account_id bigint, external_id text,
        balance_minor bigint, valid_from timestamptz, valid_until timestamptz, products jsonb,
        orders jsonb, granted_at timestamptz)""")
_CARDS = from_rows(
    """UPDATE stored_value_card c SET balance_minor = v.balance_minor
       FROM $v WHERE c.account_id = v.account_id AND c.id = v.id AND c.account_id BETWEEN :first AND :last""",
    id="bigint", account_id="bigint", balance_minor="bigint",
)  # fmt: skip
_CREDIT_REFUNDS = from_rows(
    """UPDATE credit_refund r SET remaining_minor = v.balance_minor
       FROM $v WHERE r.account_id = v.account_id AND r.id = v.id AND r.account_id BETWEEN :first AND :last
         AND r.remaining_minor > 0""",
    id="bigint", account_id="bigint", balance_minor="bigint",
)  # fmt: skip
_NEW_COUPONS = from_rows(
    """INSERT INTO coupon (id, account_id, external_id, kind, balance_minor, valid_from, valid_until, granted_at)
       SELECT id, account_id, external_id, kind, balance_minor, valid_from, valid_until, :at FROM $v""",
    id="bigint", account_id="bigint", external_id="text", kind="coupon_kind", balance_minor="bigint",
    valid_from="timestamptz", valid_until="timestamptz",
)  # fmt: skip
_COUPONS = from_rows(
    """UPDATE coupon c SET balance_minor = v.balance_minor
       FROM $v WHERE c.account_id = v.account_id AND c.id = v.id AND c.account_id BETWEEN :first AND :last""",
    id="bigint", account_id="bigint", balance_minor="bigint",
)  # fmt: skip


def apply_funds(tx: Connection, rows: FundRows, at: datetime) -> None:
    """At most two statements per table. `at` is the logical instant (UTC)."""
    if rows.new_cards:
        cards = json.dumps([row._asdict() for row in rows.new_cards], default=datetime.isoformat)
        tx.execute(_NEW_CARDS, {"rows": cards})
    copy_rows(
        tx,
        "credit_refund (id, account_id, cycle, remaining_minor, granted_at)",
        (
            f"{r.id}\t{r.account_id}\t{r.cycle}\t{r.remaining_minor}\t{r.granted_at.isoformat()}\n"
            for r in rows.new_credit_refunds
        ),
    )
    write(tx, _NEW_COUPONS, rows.new_coupons, at=at)
    write(tx, _CARDS, rows.cards)
    write(tx, _CREDIT_REFUNDS, rows.credit_refunds)
    write(tx, _COUPONS, rows.coupons)
