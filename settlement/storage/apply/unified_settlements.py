"""Writes unified settlements and their lines."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.unified_settlements import UnifiedSettlementRows
from settlement.storage.sql.rows import from_rows, write

_NEW = from_rows(
    """INSERT INTO unified_settlement (id, main_id, external_id, currency, created_at)
       SELECT id, account_id, external_id, currency, :at FROM $v""",
    id="bigint", account_id="bigint", external_id="text", currency="char(3)",
)  # fmt: skip
_VALUES = from_rows(
    """UPDATE unified_settlement s SET state = v.state, rounds = v.rounds,
           run_at = CASE WHEN v.state = 'draft' THEN NULL ELSE coalesce(s.run_at, :at) END,
           finished_at = CASE WHEN v.state IN ('completed', 'closed') THEN coalesce(s.finished_at, :at) END,
           deleted_at = CASE WHEN v.deleted THEN coalesce(s.deleted_at, :at) END
       FROM $v WHERE s.id = v.id AND s.main_id = v.account_id""",
    id="bigint", account_id="bigint", state="unified_state", rounds="integer", deleted="boolean",
)  # fmt: skip
# Lines that end go first: the index lets a bill be open in one settlement at any moment.
_LINES = from_rows(
    """INSERT INTO unified_line (settlement_id, account_id, cycle, line_no, listed_minor, paid_minor, state, reason)
       SELECT settlement_id, account_id, cycle, line_no, listed_minor, paid_minor, state, reason FROM $v
       ON CONFLICT (settlement_id, account_id, cycle) DO UPDATE
       SET line_no = excluded.line_no, listed_minor = excluded.listed_minor, paid_minor = excluded.paid_minor,
           state = excluded.state, reason = excluded.reason""",
    settlement_id="bigint", line_no="integer", account_id="bigint", cycle="integer", listed_minor="bigint",
    paid_minor="bigint", state="unified_line_state", reason="text",
)  # fmt: skip


def apply_unified_settlements(tx: Connection, rows: UnifiedSettlementRows, at: datetime) -> None:
    """New ones before what refers to them. `at` is the logical instant (UTC)."""
    write(tx, _NEW, rows.new, at=at)
    write(tx, _VALUES, rows.values, at=at)
    write(tx, _LINES, [row for row in rows.lines if row.state != "open"])
    write(tx, _LINES, [row for row in rows.lines if row.state == "open"])
