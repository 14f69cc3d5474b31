"""Advisory locks, each with a number of its own, held to the end of the transaction.

A pooler in transaction mode hands every transaction another session, so none is held for longer.
"""

from __future__ import annotations

from enum import IntEnum, unique

from sqlalchemy import Connection, text

_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_TRY = text("SELECT pg_try_advisory_xact_lock(:key)")


@unique
class Advisory(IntEnum):
    """What there is one at a time of: every advisory lock of the database, here and in triggers."""

    # First of two keys, the other being an account: by it a worker claims the account's events.
    CLAIM = 0x5E77
    MIGRATION = 0x5E7700
    RELAY = 0x5E7701
    SETTINGS = 0x5E7702
    BILL_SUMS = 0x5E7703
    ARCHIVES = 0x5E7704
    # Taken by the trigger `note_outbox_epoch`.
    OUTBOX_EPOCH = 0x5E7B00


def lock(tx: Connection, which: Advisory) -> None:
    """Waits until nobody else has it."""
    tx.execute(_LOCK, {"key": which})


def try_lock(tx: Connection, which: Advisory) -> bool:
    """Takes it unless somebody else has it; says whether."""
    return bool(tx.scalar(_TRY, {"key": which}))
