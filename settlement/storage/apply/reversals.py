"""Writes what a plan decided about reversals: at most one statement per table and kind of row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.reversals import ChargeReversed, NewReversal, ReversalRows, ReversalValues
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.charges import CHARGE_ATTEMPT
from settlement.storage.tables.reversals import GATEWAY_REVERSAL

_NEW = from_rows(
    GATEWAY_REVERSAL,
    NewReversal,
    "INSERT INTO gateway_reversal ($columns, found_at) SELECT $columns, :at FROM $v",
)
_VALUES = from_rows(
    GATEWAY_REVERSAL,
    ReversalValues,
    """UPDATE gateway_reversal r SET $set
       FROM $v WHERE r.account_id = v.account_id AND r.reversal_no = v.reversal_no
         AND r.account_id BETWEEN :first AND :last""",
)
_CHARGES = from_rows(
    CHARGE_ATTEMPT,
    ChargeReversed,
    """UPDATE charge_attempt t SET $set
       FROM $v WHERE t.account_id = v.account_id AND t.attempt_no = v.attempt_no AND t.state = 'succeeded'
         AND t.account_id BETWEEN :first AND :last""",
)


def apply_reversals(tx: Connection, rows: ReversalRows, at: datetime) -> None:
    """New reversals, known ones, and what of their charges is taken back. `at` is logical (UTC)."""
    write(tx, _CHARGES, rows.charges)
    write(tx, _NEW, rows.new, at=at)
    write(tx, _VALUES, rows.values)
