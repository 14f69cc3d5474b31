"""Accounts: balances, switches, and the holds on automatic write-off."""

from __future__ import annotations

from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, required, table

CURRENCY = table("currency", key("code", kinds.CURRENCY_CODE), required("exponent", kinds.SMALLINT))

ACCOUNT = table(
    "account",
    key("id", kinds.BIGINT),
    required("external_id", kinds.TEXT),
    required("name", kinds.TEXT),
    required("currency", kinds.CURRENCY_CODE, "currency.code"),
    required("cash_minor", kinds.BIGINT),
    required("credit_limit_minor", kinds.BIGINT),
    required("frozen_minor", kinds.BIGINT),
    required("credit_control", kinds.BOOLEAN),
    required("auto_write_off_enabled", kinds.BOOLEAN),
    required("write_off_past_bills", kinds.BOOLEAN),
    required("opened_at", kinds.TIMESTAMPTZ),
    optional("parked_at", kinds.TIMESTAMPTZ),
    optional("parked_reason", kinds.TEXT),
    required("transferred_in_minor", kinds.BIGINT),
    required("returnable_minor", kinds.BIGINT),
    required("held_minor", kinds.BIGINT),
    optional("funds_since", kinds.TIMESTAMPTZ),
)

WRITE_OFF_HOLD = table(
    "write_off_hold",
    key("account_id", kinds.BIGINT, "account.id"),
    key("reason", kinds.TEXT),
    key("ref", kinds.TEXT),
    required("held_at", kinds.TIMESTAMPTZ),
)
