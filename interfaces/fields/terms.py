"""Payment terms as they are presented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields
from settlement.model.cycle import cycle_text
from settlement.model.terms import PaymentTerm

if TYPE_CHECKING:
    from settlement.queries.credit import TermView

TERMS: Fields[TermView] = (
    Field("from_cycle", "from", lambda row: cycle_text(row.term.from_cycle)),
    Field("until_cycle", "until",
          lambda row: None if row.term.until_cycle is None else cycle_text(row.term.until_cycle)),
    Field("settlement_cycle", "bills due", lambda row: row.term.settlement_cycle),
    Field("period_days", "period", lambda row: row.term.period_days, seen=lambda row: _period(row.term)),
    Field("day_kind", "", lambda row: row.term.day_kind),
    Field("country", "", lambda row: row.term.country),
    Field("closing_days", "", lambda row: sorted(row.term.closing_days)),
    Field("agreed_at", "agreed", lambda row: row.agreed_at),
)  # fmt: skip


def _period(term: PaymentTerm) -> str:
    period = f"{term.period_days} {term.day_kind} days"
    if term.day_kind == "business":
        period += f" in {term.country}"
        if term.closing_days:
            period += f" less {len(term.closing_days)} closing days"
    return period
