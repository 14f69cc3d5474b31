"""Writes accounts and the holds on their automatic write-off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from settlement.model.rows.accounts import AccountRows, AccountValues, HoldChange, NewAccount
from settlement.storage.sql.arrays import id_array, text_array
from settlement.storage.sql.copy import copy_rows
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.accounts import ACCOUNT, WRITE_OFF_HOLD
from settlement.storage.tables.kinds import BOOLEAN

_ACCOUNTS = from_rows(
    ACCOUNT,
    AccountValues,
    "UPDATE account a SET $set FROM $v WHERE a.id = v.id AND a.id BETWEEN :first AND :last",
)
_HOLDS_SET = from_rows(
    WRITE_OFF_HOLD,
    HoldChange,
    """INSERT INTO write_off_hold (account_id, reason, ref, held_at)
       SELECT account_id, reason, ref, :at FROM $v ON CONFLICT DO NOTHING""",
    kinds={"is_set": BOOLEAN},
)
_HOLDS_RELEASED = from_rows(
    WRITE_OFF_HOLD,
    HoldChange,
    """DELETE FROM write_off_hold h USING $v
       WHERE h.account_id = v.account_id AND h.reason = v.reason AND h.ref = v.ref""",
    kinds={"is_set": BOOLEAN},
)
_PARKED = text("""
    UPDATE account a SET parked_at = :at, parked_reason = v.reason
    FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS v (id, reason)
    WHERE a.id = v.id AND a.parked_at IS NULL""")


def apply_accounts(tx: Connection, rows: AccountRows) -> None:
    """New accounts, then the values of all that changed."""
    copy_rows(tx, ACCOUNT, NewAccount, rows.new)
    write(tx, _ACCOUNTS, rows.values)


def apply_holds(tx: Connection, rows: Sequence[HoldChange], at: datetime) -> None:
    """A set may hold and release the same hold; what was decided last is what remains."""
    holds = {(hold.account_id, hold.reason, hold.ref): hold for hold in rows}
    write(tx, _HOLDS_RELEASED, [hold for hold in holds.values() if not hold.is_set])
    write(tx, _HOLDS_SET, [hold for hold in holds.values() if hold.is_set], at=at)


def park(tx: Connection, reasons: Mapping[int, str], at: datetime) -> None:
    """Sets accounts aside whose figures do not add up. Rule: R11.4."""
    if reasons:
        ids, sentences = id_array(reasons), text_array(list(reasons.values()))
        tx.execute(_PARKED, {"ids": ids, "reasons": sentences, "at": at})
