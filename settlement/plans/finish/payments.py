"""What a plan decided about relationships and unified settlements, as rows. Rule: R8.*, R9.*."""

from __future__ import annotations

from settlement.model.changes import Changes
from settlement.model.rows.relationships import RelationshipRow
from settlement.model.rows.unified_settlements import NewUnified, UnifiedLineRow, UnifiedValues
from settlement.plans.draft.payments import Repaying


def finish_repaying(changes: Changes, repaying: Repaying) -> None:
    """The rows for everything that was touched."""
    changes.relationships.extend(
        RelationshipRow(row.id, row.main_id, row.member_id, row.state) for row in repaying.changed.values()
    )
    for working in repaying.settlements.values():
        known = working.settlement
        if working.is_new:
            changes.unified_settlements.new.append(
                NewUnified(known.id, known.main_id, known.external_id, known.currency)
            )
        if working.is_touched:
            changes.unified_settlements.values.append(
                UnifiedValues(known.id, known.main_id, working.state, working.rounds, working.is_deleted)
            )
    for (settlement_id, account_id, cycle), line in repaying.lines.items():
        if line.is_touched:
            changes.unified_settlements.lines.append(
                UnifiedLineRow(
                    settlement_id, line.line_no, account_id, cycle, line.listed_minor, line.paid_minor,
                    line.state, line.reason,
                )
            )  # fmt: skip
