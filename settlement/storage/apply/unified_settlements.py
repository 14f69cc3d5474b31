"""Writes unified settlements and their lines."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.unified_settlements import (
    NewUnified,
    UnifiedLineRow,
    UnifiedSettlementRows,
    UnifiedValues,
)
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.kinds import BIGINT, BOOLEAN
from settlement.storage.tables.unified_settlements import UNIFIED_LINE, UNIFIED_SETTLEMENT

_NEW = from_rows(
    UNIFIED_SETTLEMENT,
    NewUnified,
    """INSERT INTO unified_settlement (id, main_id, external_id, currency, created_at)
       SELECT id, account_id, external_id, currency, :at FROM $v""",
    kinds={"account_id": BIGINT},
)
_VALUES = from_rows(
    UNIFIED_SETTLEMENT,
    UnifiedValues,
    """UPDATE unified_settlement s SET $set,
           run_at = CASE WHEN v.state = 'draft' THEN NULL ELSE coalesce(s.run_at, :at) END,
           finished_at = CASE WHEN v.state IN ('completed', 'closed') THEN coalesce(s.finished_at, :at) END,
           deleted_at = CASE WHEN v.deleted THEN coalesce(s.deleted_at, :at) END
       FROM $v WHERE s.id = v.id AND s.main_id = v.account_id""",
    kinds={"account_id": BIGINT, "deleted": BOOLEAN},
)
# Lines that end go first: the index lets a bill be open in one settlement at any moment.
_LINES = from_rows(
    UNIFIED_LINE,
    UnifiedLineRow,
    """INSERT INTO unified_line ($columns) SELECT $columns FROM $v
       ON CONFLICT (settlement_id, account_id, cycle) DO UPDATE SET $excluded""",
)


def apply_unified_settlements(tx: Connection, rows: UnifiedSettlementRows, at: datetime) -> None:
    """New ones before what refers to them. `at` is the logical instant (UTC)."""
    write(tx, _NEW, rows.new, at=at)
    write(tx, _VALUES, rows.values, at=at)
    write(tx, _LINES, [row for row in rows.lines if row.state != "open"])
    write(tx, _LINES, [row for row in rows.lines if row.state == "open"])
