"""Which accounts there is something to collect from, or to say to. Costs what it finds. Rule: R5.2."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from settlement.model.cycle import Cycle
from settlement.storage.arrays import id_array

# The condition is word for word that of the index, which therefore holds exactly these rows.
_REACHED = text("""
    SELECT c.account_id FROM collecting c JOIN account a ON a.id = c.account_id AND a.parked_at IS NULL
    WHERE c.uncollected_minor >= c.threshold_minor AND c.account_id > :after ORDER BY c.account_id LIMIT :limit""")
_DUE = text("""
    SELECT c.account_id FROM collecting c JOIN account a ON a.id = c.account_id AND a.parked_at IS NULL
    WHERE c.due_at <= :at ORDER BY c.due_at LIMIT :limit""")
_PRODUCTS = text("""
    SELECT DISTINCT l.account_id, l.product
    FROM unnest(CAST(:ids AS bigint[])) AS wanted (account_id)
    JOIN bill b ON b.account_id = wanted.account_id AND b.state <> 'settled'
    JOIN bill_line l ON l.account_id = b.account_id AND l.cycle = b.cycle
    ORDER BY 1, 2""")
_ANYTHING = text("SELECT EXISTS (SELECT 1 FROM collecting WHERE uncollected_minor > 0)")
_SWEPT = text("""
    SELECT c.account_id FROM collecting c JOIN account a ON a.id = c.account_id AND a.parked_at IS NULL
    WHERE c.account_id BETWEEN :first AND :last AND c.uncollected_minor > 0 AND NOT a.credit_control
      AND NOT EXISTS (SELECT 1 FROM charge_attempt t
                      WHERE t.account_id = c.account_id AND t.cycle = :cycle AND t.reason = 'sweep')
    ORDER BY c.account_id""")


def reached(tx: Connection, *, after: int, limit: int) -> list[int]:
    """Accounts whose uncollected fees have reached their threshold, by id."""
    return list(tx.scalars(_REACHED, {"after": after, "limit": limit}))


def due(tx: Connection, at: datetime, limit: int) -> list[int]:
    """Accounts that are to be looked at by `at`, longest waiting first."""
    return list(tx.scalars(_DUE, {"at": at, "limit": limit}))


def products(tx: Connection, account_ids: Sequence[int]) -> dict[int, list[str]]:
    """The products on the accounts' bills that are not settled, by account."""
    found: dict[int, list[str]] = {}
    for account_id, product in tx.execute(_PRODUCTS, {"ids": id_array(account_ids)}):
        found.setdefault(account_id, []).append(product)
    return found


def to_sweep(tx: Connection, cycle: Cycle, first: int, last: int) -> list[int]:
    """Standard accounts of a range with something uncollected that the sweep of this month has not deducted."""
    return list(tx.scalars(_SWEPT, {"cycle": cycle, "first": first, "last": last}))


def anything_uncollected(tx: Connection) -> bool:
    """Is there any account with fees that are not collected."""
    return bool(tx.scalar(_ANYTHING))
