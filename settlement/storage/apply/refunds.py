"""Writes what a plan decided about money on its way back: at most one statement per table and kind of row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.errors import Broken
from settlement.model.rows.refunds import ChargeRefunded, GatewayRefundValues, NewGatewayRefund, RefundRows
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.charges import CHARGE_ATTEMPT
from settlement.storage.tables.refunds import GATEWAY_REFUND

_NEW = from_rows(
    GATEWAY_REFUND,
    NewGatewayRefund,
    "INSERT INTO gateway_refund ($columns, created_at, next_at) SELECT $columns, :at, :at FROM $v",
)
_VALUES = from_rows(
    GATEWAY_REFUND,
    GatewayRefundValues,
    """UPDATE gateway_refund r SET $set
       FROM $v WHERE r.account_id = v.account_id AND r.refund_no = v.refund_no AND r.state <> 'failed'
         AND r.account_id BETWEEN :first AND :last""",
    gateway_ref="coalesce(v.gateway_ref, r.gateway_ref)",
)
_CHARGES = from_rows(
    CHARGE_ATTEMPT,
    ChargeRefunded,
    """UPDATE charge_attempt t SET $set
       FROM $v WHERE t.account_id = v.account_id AND t.attempt_no = v.attempt_no AND t.state = 'succeeded'
         AND t.account_id BETWEEN :first AND :last""",
)


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
