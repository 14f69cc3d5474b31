"""Parked accounts: which there are, and the end of their parking. Rule: R11.4."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.storage.arrays import text_array

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

_RELEASE = text("""
    UPDATE account SET parked_at = NULL, parked_reason = NULL
    WHERE external_id = :name AND parked_at IS NOT NULL RETURNING id""")
# Events that met the parked account, and nothing else that was set aside, wait again, in the order of their rows.
_WAIT_AGAIN = text("""
    UPDATE inbox SET state = 'waiting', reason = NULL, reason_code = NULL, finished_at = NULL, attempts = 0
    WHERE state IN ('refused', 'parked') AND account = :name AND reason_code = 'account_parked' AND conflict_of IS NULL
    RETURNING id""")


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


def release(tx: Connection, name: str) -> bool:
    """Ends the parking of the account. False when it was not parked, or does not exist."""
    return tx.scalar(_RELEASE, {"name": name}) is not None


def wait_again(tx: Connection, name: str) -> int:
    """Makes the events that met the parked account wait again. Returns how many."""
    return len(tx.scalars(_WAIT_AGAIN, {"name": name}).all())
