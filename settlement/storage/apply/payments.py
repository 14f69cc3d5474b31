"""Writes manual payments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.payments import NewPayment, PaymentEnd, PaymentRows
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.payments import BILL_PAYMENT

_NEW = from_rows(
    BILL_PAYMENT,
    NewPayment,
    """INSERT INTO bill_payment ($columns, started_at, finished_at)
       SELECT $columns, :at, CASE WHEN state <> 'running' THEN CAST(:at AS timestamptz) END FROM $v""",
)
_ENDS = from_rows(
    BILL_PAYMENT,
    PaymentEnd,
    """UPDATE bill_payment p SET $set, finished_at = :at
       FROM $v WHERE p.id = v.id AND p.account_id = v.account_id AND p.state = 'running'""",
)


def apply_payments(tx: Connection, rows: PaymentRows, at: datetime) -> None:
    """Those that end go first: an account has one running at any moment. They come after the charge attempts that
    they refer to. `at` is the logical instant (UTC).
    """
    write(tx, _ENDS, rows.ends, at=at)
    write(tx, _NEW, rows.new, at=at)
