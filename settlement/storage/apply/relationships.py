"""Writes billing relationships."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.relationships import RelationshipRow
from settlement.storage.sql.rows import from_rows, write

_RELATIONSHIPS = from_rows(
    """INSERT INTO billing_relationship (id, main_id, member_id, state, requested_at, valid_at, ended_at)
       SELECT id, main_id, member_id, state, :at, CASE WHEN state = 'valid' THEN CAST(:at AS timestamptz) END,
              CASE WHEN state = 'ended' THEN CAST(:at AS timestamptz) END
       FROM $v
       ON CONFLICT (id) DO UPDATE SET state = excluded.state,
           valid_at = coalesce(billing_relationship.valid_at, excluded.valid_at), ended_at = excluded.ended_at""",
    id="bigint", main_id="bigint", member_id="bigint", state="relationship_state",
)  # fmt: skip


def apply_relationships(tx: Connection, rows: Sequence[RelationshipRow], at: datetime) -> None:
    """Those that end go first: an account is a member of one other at any moment. `at` is the logical instant (UTC)."""
    write(tx, _RELATIONSHIPS, [row for row in rows if row.state == "ended"], at=at)
    write(tx, _RELATIONSHIPS, [row for row in rows if row.state != "ended"], at=at)
