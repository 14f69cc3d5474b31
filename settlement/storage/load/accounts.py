"""Locks the accounts of a scope, in id order, and loads their holds."""

from __future__ import annotations

from sqlalchemy import Connection, text

from settlement.model.accounts import Account, AccountId, WriteOffHold
from settlement.model.snapshot import Position
from settlement.storage.load.scope import Owners, Scope
from settlement.storage.sql.arrays import id_array, text_array
from settlement.storage.sql.columns import columns
from settlement.storage.sql.rows import by_account, rows_as
from settlement.storage.tables.accounts import ACCOUNT, WRITE_OFF_HOLD

_MINE = "account_id = ANY(CAST(:ids AS bigint[])) AND account_id BETWEEN :first AND :last"
_ACCOUNTS = f"SELECT {columns(ACCOUNT, Account)} FROM account"
# FOR NO KEY UPDATE lets rows that refer to the account be inserted meanwhile; it excludes other settlements.
_READ_BY_ID = text(f"{_ACCOUNTS} WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id")
_READ_BY_NAME = text(f"{_ACCOUNTS} WHERE external_id = ANY(CAST(:names AS text[])) ORDER BY id")
_LOCK_BY_ID = text(f"{_READ_BY_ID} FOR NO KEY UPDATE")
_LOCK_BY_NAME = text(f"{_READ_BY_NAME} FOR NO KEY UPDATE")
_HOLDS = text(f"SELECT {columns(WRITE_OFF_HOLD, WriteOffHold)} FROM write_off_hold WHERE {_MINE}")


def load_accounts(tx: Connection, scope: Scope, *, lock: bool) -> dict[AccountId, Position]:
    """The accounts alone, by id, ascending. Without `lock` they are only read."""
    if scope.names:
        rows = tx.execute(_LOCK_BY_NAME if lock else _READ_BY_NAME, {"names": text_array(scope.names)})
    else:
        rows = tx.execute(_LOCK_BY_ID if lock else _READ_BY_ID, {"ids": id_array(scope.ids)})
    return {account.id: Position(account) for account in rows_as(rows, Account)}


def load_holds(tx: Connection, positions: dict[AccountId, Position], owners: Owners) -> None:
    """The holds on automatic write-off."""
    found = by_account(rows_as(tx.execute(_HOLDS, owners), WriteOffHold))
    for account_id, holds in found.items():
        positions[account_id].holds = holds
