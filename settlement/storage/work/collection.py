"""Which accounts there is something to collect from, or to say to. Costs what it finds. Rule: R5.2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.cycle import Cycle
from settlement.storage.sql.arrays import id_array

# The condition is word for word that of the index, which therefore holds exactly these rows. The page is cut before
# accounts are joined: the planner takes a third of all rows for over the line, and would read every account.
_REACHED = text("""
    WITH page AS MATERIALIZED (
        SELECT account_id FROM collecting WHERE uncollected_minor >= threshold_minor AND account_id > :after
        ORDER BY account_id LIMIT :limit)
    SELECT page.account_id, a.parked_at IS NULL FROM page JOIN account a ON a.id = page.account_id
    ORDER BY page.account_id""")
_DUE = text("""
    SELECT c.account_id FROM collecting c JOIN account a ON a.id = c.account_id AND a.parked_at IS NULL
    WHERE c.due_at <= :at AND c.account_id <> ALL(CAST(:except AS bigint[])) ORDER BY c.due_at LIMIT :limit""")
_PRODUCTS = text("""
    SELECT DISTINCT l.account_id, l.product
    FROM unnest(CAST(:ids AS bigint[])) AS wanted (account_id)
    JOIN bill b ON b.account_id = wanted.account_id AND b.state <> 'settled'
    JOIN bill_line l ON l.account_id = b.account_id AND l.cycle = b.cycle
    ORDER BY 1, 2""")
_ANYTHING = text("SELECT EXISTS (SELECT 1 FROM collecting WHERE uncollected_minor > 0)")
_TO_SWEEP = """
    SELECT c.account_id FROM collecting c JOIN account a ON a.id = c.account_id AND a.parked_at IS NULL
    WHERE {} AND c.uncollected_minor > 0 AND NOT a.credit_control
      AND NOT EXISTS (SELECT 1 FROM charge_attempt t
                      WHERE t.account_id = c.account_id AND t.cycle = :cycle AND t.reason = 'sweep')
    ORDER BY c.account_id"""
_SWEPT = text(_TO_SWEEP.format("c.account_id BETWEEN :first AND :last"))
_SWEPT_OF = text(_TO_SWEEP.format("c.account_id = ANY(CAST(:ids AS bigint[]))"))


class ReachedPage(NamedTuple):
    """Accounts over their threshold, by id, without parked ones; `last` is where the page ends, None after the end."""

    account_ids: list[int]
    last: int | None


def reached(tx: Connection, *, after: int, limit: int) -> ReachedPage:
    """Accounts after an id whose uncollected fees have reached their threshold."""
    rows = tx.execute(_REACHED, {"after": after, "limit": limit}).all()
    return ReachedPage([account_id for account_id, is_open in rows if is_open], rows[-1][0] if rows else None)


def due(tx: Connection, at: datetime, limit: int, *, without: Iterable[int] = ()) -> list[int]:
    """Accounts that are to be looked at by `at`, longest waiting first, `without` those that have failed."""
    return list(tx.scalars(_DUE, {"at": at, "limit": limit, "except": id_array(without)}))


def products(tx: Connection, account_ids: Sequence[int]) -> dict[int, list[str]]:
    """The products on the accounts' bills that are not settled, by account."""
    found: dict[int, list[str]] = {}
    for account_id, product in tx.execute(_PRODUCTS, {"ids": id_array(account_ids)}):
        found.setdefault(account_id, []).append(product)
    return found


def to_sweep(tx: Connection, cycle: Cycle, first: int, last: int) -> list[int]:
    """Standard accounts of a range with something uncollected that the sweep of this month has not deducted."""
    return list(tx.scalars(_SWEPT, {"cycle": cycle, "first": first, "last": last}))


def to_sweep_of(tx: Connection, cycle: Cycle, ids: Sequence[int]) -> list[int]:
    """As `to_sweep`, those of these accounts."""
    return list(tx.scalars(_SWEPT_OF, {"cycle": cycle, "ids": id_array(ids)}))


def anything_uncollected(tx: Connection) -> bool:
    """Is there any account with fees that are not collected."""
    return bool(tx.scalar(_ANYTHING))
