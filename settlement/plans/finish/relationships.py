"""What a plan decided about billing relationships, as rows. Rule: R9.1."""

from __future__ import annotations

from settlement.model.changes import Changes
from settlement.model.rows.relationships import RelationshipRow
from settlement.plans.draft.relationships import WorkingRelationships


def finish_relationships(changes: Changes, relationships: WorkingRelationships) -> None:
    """The rows for what was changed."""
    changes.relationships.extend(
        RelationshipRow(row.id, row.main_id, row.member_id, row.state)
        for row in relationships.changed.values()
    )
