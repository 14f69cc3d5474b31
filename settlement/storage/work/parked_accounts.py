"""The end of an account's parking. Rule: R11.4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import unknown_account
from settlement.storage.sql.arrays import id_array, text_array

# In the order in which everybody locks accounts.
_LOCK = text("""
    SELECT id, external_id, parked_at, parked_reason FROM account WHERE external_id = ANY(CAST(:names AS text[]))
    ORDER BY id FOR NO KEY UPDATE""")
_RELEASE = text("""
    UPDATE account SET parked_at = NULL, parked_reason = NULL WHERE id = ANY(CAST(:ids AS bigint[]))""")
# Events that met the parked accounts, and nothing else that was set aside, wait again, in the order of their rows.
_WAIT_AGAIN = text("""
    UPDATE inbox SET state = 'waiting', reason = NULL, reason_code = NULL, finished_at = NULL, attempts = 0
    WHERE state IN ('refused', 'parked') AND account = ANY(CAST(:names AS text[])) AND reason_code = 'account_parked'
      AND conflict_of IS NULL AND dismissed_at IS NULL
    RETURNING account""")


class ParkedState(NamedTuple):
    """An account, and since when and why it is parked: None where it takes part."""

    id: int
    name: str
    parked_at: datetime | None
    reason: str | None


def lock(tx: Connection, names: Sequence[str]) -> list[ParkedState]:
    """The accounts of these names in the order in which they were opened, locked.

    Raises:
        NotFound: one of the names is of no account.
    """
    found = [ParkedState(*row) for row in tx.execute(_LOCK, {"names": text_array(list(names))})]
    known = {account.name for account in found}
    for name in names:
        if name not in known:
            raise unknown_account(name)
    return found


def release(tx: Connection, accounts: Sequence[ParkedState]) -> Counter[str]:
    """Ends the parking of locked accounts and makes the events that met it wait again. Returns how many, by name."""
    tx.execute(_RELEASE, {"ids": id_array([account.id for account in accounts])})
    names = text_array([account.name for account in accounts])
    return Counter(tx.scalars(_WAIT_AGAIN, {"names": names}))
