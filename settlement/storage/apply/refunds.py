"""Writes what a plan decided about money on its way back: at most one statement per table and kind of row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.errors import Broken
from settlement.model.rows.refunds import RefundRows
from settlement.storage.sql.rows import from_rows, write

_NEW = from_rows(
    """INSERT INTO gateway_refund (account_id, refund_no, inbox_id, attempt_no, gateway, charge_ref, amount_minor,
           currency, created_at, next_at)
       SELECT account_id, refund_no, inbox_id, attempt_no, gateway, charge_ref, amount_minor, currency, :at, :at
       FROM $v""",
    account_id="bigint", refund_no="integer", inbox_id="bigint", attempt_no="integer", gateway="text",
    charge_ref="text", amount_minor="bigint", currency="char(3)",
)  # fmt: skip
_VALUES = from_rows(
    """UPDATE gateway_refund r SET state = v.state, asks = v.asks, next_at = v.next_at,
           gateway_ref = coalesce(v.gateway_ref, r.gateway_ref), code = v.code, message = v.message,
           sent_at = v.sent_at, finished_at = v.finished_at
       FROM $v WHERE r.account_id = v.account_id AND r.refund_no = v.refund_no AND r.state <> 'failed'
         AND r.account_id BETWEEN :first AND :last""",
    account_id="bigint", refund_no="integer", state="refund_state", asks="smallint", next_at="timestamptz",
    gateway_ref="text", code="text", message="text", sent_at="timestamptz", finished_at="timestamptz",
)  # fmt: skip
_CHARGES = from_rows(
    """UPDATE charge_attempt t SET refunded_minor = v.refunded_minor
       FROM $v WHERE t.account_id = v.account_id AND t.attempt_no = v.attempt_no AND t.state = 'succeeded'
         AND t.account_id BETWEEN :first AND :last""",
    account_id="bigint", attempt_no="integer", refunded_minor="bigint",
)  # fmt: skip


def apply_refunds(tx: Connection, rows: RefundRows, at: datetime) -> None:
    """New refunds, what became of known ones, and what their charges have given back. `at` is logical (UTC).

    Raises:
        Broken: a refund that should change became cash meanwhile. Nothing may be committed.
    """
    write(tx, _CHARGES, rows.charges)
    write(tx, _NEW, rows.new, at=at)
    written = write(tx, _VALUES, rows.values)
    if written != len(rows.values):
        raise Broken({row.account_id: f"refund {row.refund_no} has ended" for row in rows.values})
