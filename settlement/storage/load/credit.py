"""Loads what credit control knows of a set: the watch on available credit, payment terms."""

from __future__ import annotations

from sqlalchemy import Connection, text

from settlement.model.accounts import AccountId
from settlement.model.funds import CreditWatch
from settlement.model.snapshot import Position
from settlement.model.terms import PaymentTerm
from settlement.storage.load.scope import Owners
from settlement.storage.sql.columns import columns
from settlement.storage.sql.rows import by_account
from settlement.storage.tables.credit import CREDIT_WATCH, PAYMENT_TERM

_MINE = "account_id = ANY(CAST(:ids AS bigint[])) AND account_id BETWEEN :first AND :last"
_WATCHES = text(f"SELECT {columns(CREDIT_WATCH, CreditWatch)} FROM credit_watch WHERE {_MINE}")
_TERMS = text(f"""
    SELECT {columns(PAYMENT_TERM, PaymentTerm)} FROM payment_term
    WHERE {_MINE} ORDER BY account_id, from_cycle""")


def load_credit(
    tx: Connection, positions: dict[AccountId, Position], owners: Owners, *, issuing: bool
) -> None:
    """Watches always; terms where bills may be issued."""
    for row in tx.execute(_WATCHES, owners):
        positions[row[0]].watch = CreditWatch(*row)
    if issuing:
        agreed = by_account(
            PaymentTerm._make((*row[:8], frozenset(row[8]))) for row in tx.execute(_TERMS, owners)
        )
        for account_id, terms in agreed.items():
            positions[account_id].terms = terms
