"""Writes billing relationships."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.relationships import RelationshipRow
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.relationships import BILLING_RELATIONSHIP

_RELATIONSHIPS = from_rows(
    BILLING_RELATIONSHIP,
    RelationshipRow,
    """INSERT INTO billing_relationship ($columns, requested_at, valid_at, ended_at)
       SELECT $columns, :at, CASE WHEN state = 'valid' THEN CAST(:at AS timestamptz) END,
              CASE WHEN state = 'ended' THEN CAST(:at AS timestamptz) END
       FROM $v
       ON CONFLICT (id) DO UPDATE SET state = excluded.state,
           valid_at = coalesce(billing_relationship.valid_at, excluded.valid_at), ended_at = excluded.ended_at""",
)


def apply_relationships(tx: Connection, rows: Sequence[RelationshipRow], at: datetime) -> None:
    """Those that end go first: an account is a member of one other at any moment. `at` is the logical instant (UTC)."""
    write(tx, _RELATIONSHIPS, [row for row in rows if row.state == "ended"], at=at)
    write(tx, _RELATIONSHIPS, [row for row in rows if row.state != "ended"], at=at)
