"""Entries of the ledger as they are presented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import money, words
from settlement.model.cycle import cycle_text

if TYPE_CHECKING:
    from settlement.queries.ledger import Entry


def _side(kind: str, ref: int, separator: str) -> str:
    """A ledger account: what it is, of which month or number."""
    return f"{kind}{separator}{cycle_text(ref) if kind == 'receivable' else ref}" if ref else kind


ENTRIES: Fields[Entry] = (
    figure("entry", "entry", lambda row: row.id, seen=lambda row: str(row.id)),
    Field("posted_at", "posted", lambda row: row.posted_at),
    Field("account", "", lambda row: row.account),
    Field("debit", "debit", lambda row: _side(row.debit, row.debit_ref, ":"),
          seen=lambda row: words(_side(row.debit, row.debit_ref, " "))),
    Field("credit", "credit", lambda row: _side(row.credit, row.credit_ref, ":"),
          seen=lambda row: words(_side(row.credit, row.credit_ref, " "))),
    figure("amount", "amount", lambda row: money(row.amount_minor, row.currency)),
    Field("cause", "", lambda row: row.cause),
)  # fmt: skip
