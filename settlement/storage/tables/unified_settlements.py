"""Unified settlements and the bills on their lists."""

from __future__ import annotations

from settlement.model.unified_settlements import LineState, UnifiedState
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, references, required, table
from settlement.storage.tables.kinds import enum

UNIFIED_STATE = enum("unified_state", UnifiedState)
UNIFIED_LINE_STATE = enum("unified_line_state", LineState)

UNIFIED_SETTLEMENT = table(
    "unified_settlement",
    key("id", kinds.BIGINT),
    required("main_id", kinds.BIGINT, "account.id"),
    required("external_id", kinds.TEXT),
    required("currency", kinds.CURRENCY_CODE),
    required("state", UNIFIED_STATE),
    required("rounds", kinds.INTEGER),
    required("created_at", kinds.TIMESTAMPTZ),
    optional("run_at", kinds.TIMESTAMPTZ),
    optional("finished_at", kinds.TIMESTAMPTZ),
    optional("deleted_at", kinds.TIMESTAMPTZ),
)

UNIFIED_LINE = table(
    "unified_line",
    key("settlement_id", kinds.BIGINT, "unified_settlement.id"),
    key("account_id", kinds.BIGINT),
    key("cycle", kinds.CYCLE),
    required("line_no", kinds.INTEGER),
    required("listed_minor", kinds.BIGINT),
    required("paid_minor", kinds.BIGINT),
    required("state", UNIFIED_LINE_STATE),
    optional("reason", kinds.TEXT),
    references("bill", "account_id", "cycle"),
)
