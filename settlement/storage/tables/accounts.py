"""Accounts: balances and switches, holds, payment terms, the watch on available credit."""

from __future__ import annotations

from settlement.model.terms import DayKind, SettlementCycle
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, required, table
from settlement.storage.tables.kinds import enum

SETTLEMENT_CYCLE = enum("settlement_cycle", SettlementCycle)
DAY_KIND = enum("day_kind", DayKind)

CURRENCY = table(
    "currency",
    key("code", kinds.CURRENCY_CODE),
    required("exponent", kinds.SMALLINT),
)

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
)

WRITE_OFF_HOLD = table(
    "write_off_hold",
    key("account_id", kinds.BIGINT, "account.id"),
    key("reason", kinds.TEXT),
    key("ref", kinds.TEXT),
    required("held_at", kinds.TIMESTAMPTZ),
)

PAYMENT_TERM = table(
    "payment_term",
    key("id", kinds.BIGINT),
    required("account_id", kinds.BIGINT, "account.id"),
    required("from_cycle", kinds.CYCLE),
    optional("until_cycle", kinds.CYCLE),
    required("settlement_cycle", SETTLEMENT_CYCLE),
    required("period_days", kinds.SMALLINT),
    required("day_kind", DAY_KIND),
    optional("country", kinds.TEXT),
    required("closing_days", kinds.DATES),
    required("agreed_at", kinds.TIMESTAMPTZ),
)

CREDIT_WATCH = table(
    "credit_watch",
    key("account_id", kinds.BIGINT, "account.id"),
    required("line_minor", kinds.BIGINT),
    optional("low_since", kinds.TIMESTAMPTZ),
    required("said", kinds.SMALLINT),
    optional("said_on", kinds.DATE),
)
