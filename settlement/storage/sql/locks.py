"""How long a transaction waits for a lock, and which accounts need no waiting."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, text

from settlement.storage.sql.arrays import id_array, text_array

_WAIT = text("""
    SELECT set_config('lock_timeout', CAST(CAST(least(:limit, nullif(1000 * extract(
        epoch FROM CAST(current_setting('lock_timeout') AS interval)), 0)) AS integer) AS text), true)""")

_FREE = text("""
    SELECT id FROM account WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED""")

_LOCKED_NAMES = text("""
    WITH free AS MATERIALIZED (
        SELECT id FROM account WHERE external_id = ANY(CAST(:names AS text[]))
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
    SELECT external_id FROM account
    WHERE external_id = ANY(CAST(:names AS text[])) AND id NOT IN (SELECT id FROM free)""")


def wait_at_most(tx: Connection, milliseconds: int) -> None:
    """The rest of this transaction waits for a lock no longer than this, nor than the store's own limit."""
    tx.execute(_WAIT, {"limit": milliseconds})


def free_accounts(tx: Connection, ids: Collection[int]) -> list[int]:
    """Those of the accounts that nobody else has locked, by id; locked here to the end of the transaction."""
    return list(tx.scalars(_FREE, {"ids": id_array(ids)})) if ids else []


def locked_names(tx: Connection, names: Collection[str]) -> set[str]:
    """Those of the accounts that somebody else has locked; the others are locked here to the end of the transaction."""
    return set(tx.scalars(_LOCKED_NAMES, {"names": text_array(names)}))
