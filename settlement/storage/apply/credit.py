"""Writes payment terms, and watches on available credit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.rows.credit import CreditRows, TermRow, WatchValues
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.credit import CREDIT_WATCH, PAYMENT_TERM

_TERMS = from_rows(
    PAYMENT_TERM,
    TermRow,
    """INSERT INTO payment_term ($columns, agreed_at) SELECT $columns, :at FROM $v
       ON CONFLICT (account_id, from_cycle) DO UPDATE
       SET id = excluded.id, $excluded, agreed_at = excluded.agreed_at""",
)
_WATCHES = from_rows(
    CREDIT_WATCH,
    WatchValues,
    """INSERT INTO credit_watch ($columns) SELECT $columns FROM $v
       ON CONFLICT (account_id) DO UPDATE SET $excluded""",
)
_WATCHES_ENDED = from_rows(
    CREDIT_WATCH, ("account_id",), "DELETE FROM credit_watch w USING $v WHERE w.account_id = v.account_id"
)


def apply_credit(tx: Connection, credit: CreditRows, at: datetime) -> None:
    """Of several rows about one watch, or one term, the last one decided remains. `at` is the logical instant (UTC)."""
    terms = {(row.account_id, row.from_cycle): row for row in credit.terms}
    write(tx, _TERMS, list(terms.values()), at=at)
    watches = {row.account_id: row for row in credit.watches}.values()
    write(tx, _WATCHES, [row for row in watches if row.line_minor is not None])
    write(tx, _WATCHES_ENDED, [(row.account_id,) for row in watches if row.line_minor is None])
