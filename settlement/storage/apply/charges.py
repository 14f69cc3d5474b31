"""Writes charge attempts, what they cover, and where collection stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.errors import Broken
from settlement.model.rows.charges import ChargeRows
from settlement.storage.sql.rows import from_rows, write

_COLLECTIONS = from_rows(
    """INSERT INTO collecting (account_id, last_attempt_no, uncollected_minor, threshold_minor, declining_since,
           declined_cycle, hard, noticed_until, due_at, attempts_on, attempts_that_day, retry_owed)
       SELECT * FROM $v
       ON CONFLICT (account_id) DO UPDATE
       SET (last_attempt_no, uncollected_minor, threshold_minor, declining_since, declined_cycle, hard, noticed_until,
            due_at, attempts_on, attempts_that_day, retry_owed)
         = (excluded.last_attempt_no, excluded.uncollected_minor, excluded.threshold_minor, excluded.declining_since,
            excluded.declined_cycle, excluded.hard, excluded.noticed_until, excluded.due_at, excluded.attempts_on,
            excluded.attempts_that_day, excluded.retry_owed)""",
    account_id="bigint", last_attempt_no="integer", uncollected_minor="bigint", threshold_minor="bigint",
    declining_since="timestamptz", declined_cycle="integer", hard="boolean", noticed_until="timestamptz",
    due_at="timestamptz", attempts_on="date", attempts_that_day="smallint", retry_owed="boolean",
)  # fmt: skip
_NEW_ATTEMPTS = from_rows(
    """INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token,
           method_token, amount_minor, currency, state, code, created_at, next_at, finished_at)
       SELECT account_id, attempt_no, reason, cycle, method_id, gateway, customer_token, method_token, amount_minor,
           currency, state, code, :at, CASE WHEN state = 'waiting' THEN CAST(:at AS timestamptz) END,
           CASE WHEN state <> 'waiting' THEN CAST(:at AS timestamptz) END FROM $v""",
    account_id="bigint", attempt_no="integer", reason="charge_reason", cycle="integer", method_id="bigint",
    gateway="text", customer_token="text", method_token="text", amount_minor="bigint", currency="char(3)",
    state="attempt_state", code="text",
)  # fmt: skip
_ATTEMPTS = from_rows(
    """UPDATE charge_attempt a SET state = v.state, asks = v.asks, next_at = v.next_at,
           gateway_ref = coalesce(v.gateway_ref, a.gateway_ref), charged_minor = v.charged_minor, code = v.code,
           message = v.message, sent_at = v.sent_at, finished_at = v.finished_at,
           action_url = CASE WHEN v.state = 'requires_action' THEN coalesce(v.action_url, a.action_url) END
       FROM $v WHERE a.account_id = v.account_id AND a.attempt_no = v.attempt_no AND a.state <> 'succeeded'
         AND a.account_id BETWEEN :first AND :last""",
    account_id="bigint", attempt_no="integer", state="attempt_state", asks="smallint", next_at="timestamptz",
    gateway_ref="text", charged_minor="bigint", code="text", message="text", action_url="text", sent_at="timestamptz",
    finished_at="timestamptz",
)  # fmt: skip
_LINES = from_rows(
    """INSERT INTO charge_line (account_id, attempt_no, cycle, amount_minor, remaining_minor) SELECT * FROM $v
       ON CONFLICT (account_id, attempt_no, cycle) DO UPDATE SET remaining_minor = excluded.remaining_minor""",
    account_id="bigint", attempt_no="integer", cycle="integer", amount_minor="bigint", remaining_minor="bigint",
)  # fmt: skip


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
