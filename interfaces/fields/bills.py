"""Bills as they are presented, and what they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import bill_name, due_day, exact, money
from settlement.model.cycle import cycle_text
from settlement.model.terms import is_provisional

if TYPE_CHECKING:
    from settlement.queries.bills import BillLineView, BillView

BILLS: Fields[BillView] = (
    Field("bill", "bill", lambda row: bill_name(row.account, row.cycle)),
    Field("account", "", lambda row: row.account),
    Field("cycle", "", lambda row: cycle_text(row.cycle)),
    Field("state", "state", lambda row: row.state),
    figure("accrued", "accrued", lambda row: exact(row.accrued, row.currency)),
    Field("carried_in", "", lambda row: exact(row.carried_in, row.currency)),
    figure("payable", "payable", lambda row: money(row.payable_minor, row.currency)),
    Field("dropped", "", lambda row: exact(row.dropped, row.currency)),
    Field("carried_out", "", lambda row: exact(row.carried_out, row.currency)),
    figure("paid", "paid", lambda row: money(row.paid_minor, row.currency)),
    figure("outstanding", "outstanding", lambda row: money(outstanding_minor(row), row.currency)),
    Field("issued_at", "", lambda row: row.issued_at),
    Field("settled_at", "", lambda row: row.settled_at),
    Field("due_on", "due", lambda row: row.due_on,
          seen=lambda row: due_day(row.due_on, provisional=is_provisional(row.due_rule))
          + (", overdue" if is_overdue(row) else "")),
    Field("due_rule", "", lambda row: row.due_rule),
    Field("due_provisional", "", lambda row: is_provisional(row.due_rule)),
    Field("overdue_at", "", lambda row: row.overdue_at),
    Field("archive", "", lambda row: row.archive_id),
    Field("records_archive", "", lambda row: row.records_archive_id),
)  # fmt: skip
BILL_LINES: Fields[BillLineView] = (
    Field("product", "product", lambda row: row.product),
    Field("order_id", "order", lambda row: row.order_id or None),
    Field("single_month", "", lambda row: row.single_month),
    figure("accrued", "accrued", lambda row: exact(row.accrued, row.currency)),
    figure("paid_by_cards", "paid by cards", lambda row: money(row.card_paid_minor, row.currency)),
)


def outstanding_minor(bill: BillView) -> int | None:
    """What is still to be paid of an issued bill, minor units."""
    return None if bill.payable_minor is None else bill.payable_minor - bill.paid_minor


def is_overdue(bill: BillView) -> bool:
    """Was it found overdue, and is it still to be paid."""
    return bill.overdue_at is not None and bill.state == "unsettled"
