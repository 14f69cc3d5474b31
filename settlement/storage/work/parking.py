"""Parked accounts: which there are, and the end of their parking. Rule: R11.4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import unknown_account
from settlement.storage.sql.arrays import id_array, text_array

_PARKED = text("""
    SELECT a.id, a.external_id, a.currency, a.parked_at, a.parked_reason, a.cash_minor, a.frozen_minor,
           CAST(coalesce((SELECT sum(b.payable_minor - b.paid_minor) FROM bill b
                          WHERE b.account_id = a.id AND b.state = 'unsettled'), 0) AS bigint),
           (SELECT count(*) FROM inbox i
            WHERE i.state IN ('refused', 'parked') AND i.account = a.external_id AND i.reason_code = 'account_parked'
              AND i.conflict_of IS NULL)
    FROM account a
    WHERE a.parked_at IS NOT NULL AND (CAST(:names AS text[]) IS NULL OR a.external_id = ANY(CAST(:names AS text[])))
      AND a.id > coalesce((SELECT id FROM account WHERE external_id = :after), 0)
    ORDER BY a.id LIMIT :limit""")

_STANDING = """
    SELECT id, external_id, parked_at, parked_reason FROM account WHERE external_id = ANY(CAST(:names AS text[]))
    ORDER BY id"""
_READ = text(_STANDING)
# In the order in which everybody locks accounts.
_LOCK = text(f"{_STANDING} FOR NO KEY UPDATE")
_RELEASE = text("""
    UPDATE account SET parked_at = NULL, parked_reason = NULL WHERE id = ANY(CAST(:ids AS bigint[]))""")
# Events that met the parked accounts, and nothing else that was set aside, wait again, in the order of their rows.
_WAIT_AGAIN = text("""
    UPDATE inbox SET state = 'waiting', reason = NULL, reason_code = NULL, finished_at = NULL, attempts = 0
    WHERE state IN ('refused', 'parked') AND account = ANY(CAST(:names AS text[])) AND reason_code = 'account_parked'
      AND conflict_of IS NULL
    RETURNING account""")


class Standing(NamedTuple):
    """An account, and since when and why it is parked: None where it takes part."""

    id: int
    name: str
    parked_at: datetime | None
    reason: str | None


class ParkedAccount(NamedTuple):
    """An account that was set aside. Amounts in minor units; `events` wait for its release, `parked_at` is UTC."""

    id: int
    name: str
    currency: str
    parked_at: datetime
    reason: str
    cash_minor: int
    frozen_minor: int
    outstanding_minor: int
    events: int


def parked(
    tx: Connection, *, names: Sequence[str] | None = None, after: str | None = None, limit: int
) -> list[ParkedAccount]:
    """Parked accounts in the order in which they were opened, of these names or all, after the one named `after`."""
    asked = {"names": None if names is None else text_array(list(names)), "after": after, "limit": limit}
    return [ParkedAccount(*row) for row in tx.execute(_PARKED, asked)]


def standing(tx: Connection, names: Sequence[str], *, lock: bool) -> list[Standing]:
    """The accounts of these names in the order in which they were opened, locked or not.

    Raises:
        NotFound: one of the names is of no account.
    """
    found = [
        Standing(*row) for row in tx.execute(_LOCK if lock else _READ, {"names": text_array(list(names))})
    ]
    known = {account.name for account in found}
    for name in names:
        if name not in known:
            raise unknown_account(name)
    return found


def release(tx: Connection, accounts: Sequence[Standing]) -> Counter[str]:
    """Ends the parking of locked accounts and makes the events that met it wait again. Returns how many, by name."""
    tx.execute(_RELEASE, {"ids": id_array([account.id for account in accounts])})
    names = text_array([account.name for account in accounts])
    return Counter(tx.scalars(_WAIT_AGAIN, {"names": names}))
