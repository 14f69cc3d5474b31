"""What a plan decided about unified settlements, as rows. Rule: R9.3."""

from __future__ import annotations

from settlement.model.rows.unified_settlements import (
    NewUnified,
    UnifiedLineRow,
    UnifiedSettlementRows,
    UnifiedValues,
)
from settlement.plans.draft.unified_settlements import WorkingUnifiedSettlements


def finish_unified_settlements(rows: UnifiedSettlementRows, settlements: WorkingUnifiedSettlements) -> None:
    """The rows for what was touched."""
    for working in settlements.by_name.values():
        known = working.settlement
        if working.is_new:
            rows.new.append(NewUnified(known.id, known.main_id, known.external_id, known.currency))
        if working.is_touched:
            rows.values.append(
                UnifiedValues(known.id, known.main_id, working.state, working.rounds, working.is_deleted)
            )
    for (settlement_id, account_id, cycle), line in settlements.lines.items():
        if line.is_touched:
            rows.lines.append(
                UnifiedLineRow(
                    settlement_id, line.line_no, account_id, cycle, line.listed_minor, line.paid_minor,
                    line.state, line.reason,
                )
            )  # fmt: skip
