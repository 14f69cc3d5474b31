"""Writes relationships, manual payments and unified settlements: one statement per table and kind of change."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.changes import Changes
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
_NEW_PAYMENTS = from_rows(
    """INSERT INTO bill_payment (id, account_id, external_id, cycle, total_minor, balance_minor, currency, channel,
           attempt_no, state, lease_until, reason, started_at, finished_at)
       SELECT id, account_id, external_id, cycle, total_minor, balance_minor, currency, channel, attempt_no, state,
           lease_until, reason, :at, CASE WHEN state <> 'running' THEN CAST(:at AS timestamptz) END
       FROM $v""",
    id="bigint", account_id="bigint", external_id="text", cycle="integer", total_minor="bigint",
    balance_minor="bigint", currency="char(3)", channel="text", attempt_no="integer", state="payment_state",
    lease_until="timestamptz", reason="text",
)  # fmt: skip
_PAYMENT_ENDS = from_rows(
    """UPDATE bill_payment p SET state = v.state, reason = v.reason, finished_at = :at
       FROM $v WHERE p.id = v.id AND p.account_id = v.account_id AND p.state = 'running'""",
    id="bigint", account_id="bigint", state="payment_state", reason="text",
)  # fmt: skip
_NEW_UNIFIED = from_rows(
    """INSERT INTO unified_settlement (id, main_id, external_id, currency, created_at)
       SELECT id, account_id, external_id, currency, :at FROM $v""",
    id="bigint", account_id="bigint", external_id="text", currency="char(3)",
)  # fmt: skip
_UNIFIED = from_rows(
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


def apply_repaying(tx: Connection, changes: Changes, at: datetime) -> None:
    """Payments come after the charge attempts that they refer to. `at` is the logical instant (UTC)."""
    ended = [row for row in changes.relationships if row.state == "ended"]
    write(tx, _RELATIONSHIPS, ended, at=at)
    write(tx, _RELATIONSHIPS, [row for row in changes.relationships if row.state != "ended"], at=at)
    # The index lets one payment of an account run at any moment, so those that end go first here too.
    write(tx, _PAYMENT_ENDS, changes.payment_ends, at=at)
    write(tx, _NEW_PAYMENTS, changes.new_payments, at=at)
    write(tx, _NEW_UNIFIED, changes.new_unified, at=at)
    write(tx, _UNIFIED, changes.unified, at=at)
    write(tx, _LINES, [row for row in changes.unified_lines if row.state != "open"])
    write(tx, _LINES, [row for row in changes.unified_lines if row.state == "open"])
