"""The end of parking: an account that was set aside takes part again. Rule: R11.4."""

from __future__ import annotations

from sqlalchemy import Connection, text

_RELEASE = text("""
    UPDATE account SET parked_at = NULL, parked_reason = NULL
    WHERE external_id = :name AND parked_at IS NOT NULL RETURNING id""")
# Events that met the parked account, and nothing else that was set aside, wait again, in the order of their rows.
_WAIT_AGAIN = text("""
    UPDATE inbox SET state = 'waiting', reason = NULL, reason_code = NULL, finished_at = NULL, attempts = 0
    WHERE state IN ('refused', 'parked') AND account = :name AND reason_code = 'account_parked' AND conflict_of IS NULL
    RETURNING id""")


def release(tx: Connection, name: str) -> bool:
    """Ends the parking of the account. False when it was not parked, or does not exist."""
    return tx.scalar(_RELEASE, {"name": name}) is not None


def wait_again(tx: Connection, name: str) -> int:
    """Makes the events that met the parked account wait again. Returns how many."""
    return len(tx.scalars(_WAIT_AGAIN, {"name": name}).all())
