"""Payment terms, and the watch on available credit."""

from __future__ import annotations

from settlement.model.terms import DayKind, SettlementCycle
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, required, table
from settlement.storage.tables.kinds import enum

SETTLEMENT_CYCLE = enum("settlement_cycle", SettlementCycle)
DAY_KIND = enum("day_kind", DayKind)

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
