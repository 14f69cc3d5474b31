"""Writes charge attempts, what they cover, and where collection stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.errors import Broken
from settlement.model.rows.charges import (
    AttemptValues,
    ChargeLineRow,
    ChargeRows,
    CollectionValues,
    NewAttempt,
)
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.charges import CHARGE_ATTEMPT, CHARGE_LINE, COLLECTING

_COLLECTIONS = from_rows(
    COLLECTING,
    CollectionValues,
    """INSERT INTO collecting ($columns) SELECT $columns FROM $v
       ON CONFLICT (account_id) DO UPDATE SET $excluded""",
)
_NEW_ATTEMPTS = from_rows(
    CHARGE_ATTEMPT,
    NewAttempt,
    """INSERT INTO charge_attempt ($columns, created_at, next_at, finished_at)
       SELECT $columns, :at, CASE WHEN state = 'waiting' THEN CAST(:at AS timestamptz) END,
           CASE WHEN state <> 'waiting' THEN CAST(:at AS timestamptz) END FROM $v""",
)
_ATTEMPTS = from_rows(
    CHARGE_ATTEMPT,
    AttemptValues,
    """UPDATE charge_attempt a SET $set
       FROM $v WHERE a.account_id = v.account_id AND a.attempt_no = v.attempt_no AND a.state <> 'succeeded'
         AND a.account_id BETWEEN :first AND :last""",
    gateway_ref="coalesce(v.gateway_ref, a.gateway_ref)",
    message="CASE WHEN v.code = a.code THEN coalesce(v.message, a.message) ELSE v.message END",
    action_url="CASE WHEN v.state = 'requires_action' THEN coalesce(v.action_url, a.action_url) END",
)
_LINES = from_rows(
    CHARGE_LINE,
    ChargeLineRow,
    """INSERT INTO charge_line ($columns) SELECT $columns FROM $v
       ON CONFLICT (account_id, attempt_no, cycle) DO UPDATE SET remaining_minor = excluded.remaining_minor""",
)


def apply_charges(tx: Connection, rows: ChargeRows, at: datetime) -> None:
    """Attempts that end go first: an account has one in flight at any moment. `at` is the logical instant (UTC).

    Raises:
        Broken: a charge that should change has succeeded meanwhile. Nothing may be committed.
    """
    write(tx, _COLLECTIONS, rows.collections)
    written = write(tx, _ATTEMPTS, rows.attempts)
    if written != len(rows.attempts):
        raise Broken({row.account_id: f"charge {row.attempt_no} has ended" for row in rows.attempts})
    write(tx, _NEW_ATTEMPTS, rows.new_attempts, at=at)
    write(tx, _LINES, rows.lines)
