"""Writes manual payments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.payments import PaymentRows
from settlement.storage.sql.rows import from_rows, write

_NEW = from_rows(
    """INSERT INTO bill_payment (id, account_id, external_id, cycle, total_minor, balance_minor, currency, channel,
           attempt_no, state, lease_until, reason, started_at, finished_at)
       SELECT id, account_id, external_id, cycle, total_minor, balance_minor, currency, channel, attempt_no, state,
           lease_until, reason, :at, CASE WHEN state <> 'running' THEN CAST(:at AS timestamptz) END
       FROM $v""",
    id="bigint", account_id="bigint", external_id="text", cycle="integer", total_minor="bigint",
    balance_minor="bigint", currency="char(3)", channel="text", attempt_no="integer", state="payment_state",
    lease_until="timestamptz", reason="text",
)  # fmt: skip
_ENDS = from_rows(
    """UPDATE bill_payment p SET state = v.state, reason = v.reason, finished_at = :at
       FROM $v WHERE p.id = v.id AND p.account_id = v.account_id AND p.state = 'running'""",
    id="bigint", account_id="bigint", state="payment_state", reason="text",
)  # fmt: skip


def apply_payments(tx: Connection, rows: PaymentRows, at: datetime) -> None:
    """Those that end go first: an account has one running at any moment. They come after the charge attempts that
    they refer to. `at` is the logical instant (UTC).
    """
    write(tx, _ENDS, rows.ends, at=at)
    write(tx, _NEW, rows.new, at=at)
