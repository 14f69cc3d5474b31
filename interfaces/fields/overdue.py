"""Bills with a due date as they are presented, and what they come to."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import bill_name, due_day, money
from settlement.model.cycle import cycle_text
from settlement.model.terms import is_provisional

if TYPE_CHECKING:
    from settlement.queries.credit import DueTotal, DueView


def due_bill_fields(today: date) -> Fields[DueView]:
    """A bill with a due date; `today` is the local day from which days are counted."""
    return (
        Field("bill", "bill", lambda row: bill_name(row.account, row.cycle)),
        Field("account", "", lambda row: row.account),
        Field("cycle", "", lambda row: cycle_text(row.cycle)),
        Field("due_on", "due", lambda row: row.due_on,
              seen=lambda row: due_day(row.due_on, provisional=is_provisional(row.due_rule))),
        figure("days", "days", lambda row: (today - row.due_on).days),
        Field("payable", "", lambda row: money(row.payable_minor, row.currency)),
        figure("outstanding", "outstanding", lambda row: money(row.outstanding_minor, row.currency)),
        Field("overdue_at", "state", lambda row: row.overdue_at,
              seen=lambda row: "due" if row.overdue_at is None else "overdue"),
        Field("due_rule", "by the rule", lambda row: row.due_rule),
        Field("due_provisional", "", lambda row: is_provisional(row.due_rule)),
    )  # fmt: skip


DUE_TOTALS: Fields[DueTotal] = (
    Field("currency", "", lambda row: row.currency),
    Field("bills", "", lambda row: row.bills),
    Field("accounts", "", lambda row: row.accounts),
    Field("outstanding", "", lambda row: money(row.outstanding_minor, row.currency)),
)
