"""Monthly partitions of the ledger."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

_ENSURE = text("SELECT ensure_ledger_partitions(CAST(:first AS date), CAST(:months AS integer))")


def ensure(tx: Connection, first: date, months: int) -> int:
    """Makes the partitions of `months` months from the month of `first` on where they are missing. Returns how many.

    The function in the database runs as its owner: the worker's role may not create tables.
    """
    return int(tx.execute(_ENSURE, {"first": first, "months": months}).scalar_one())
