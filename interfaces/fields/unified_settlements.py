"""Unified settlements as they are presented, and the bills on their lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import amount_text, bill_name, counted, money
from settlement.model.cycle import cycle_text

if TYPE_CHECKING:
    from settlement.queries.unified_settlements import UnifiedLineView, UnifiedView


def progress_text(row: UnifiedView) -> str:
    """How far it is."""
    return f"{row.settled:,} of {counted(row.bills, 'bill')} settled"


UNIFIED_SETTLEMENTS: Fields[UnifiedView] = (
    Field("number", "", lambda row: row.number),
    Field("main", "main account", lambda row: row.main),
    Field("settlement", "settlement", lambda row: row.name),
    Field("state", "state", lambda row: row.state),
    Field("bills", "", lambda row: row.bills),
    Field("settled", "progress", lambda row: row.settled, progress_text),
    Field("accounts", "", lambda row: row.accounts),
    figure("paid", "paid", lambda row: money(row.paid_minor, row.currency)),
    figure("outstanding", "outstanding", lambda row: money(row.outstanding_minor, row.currency)),
    Field("created_at", "created", lambda row: row.created_at),
    Field("run_at", "", lambda row: row.run_at),
    Field("finished_at", "", lambda row: row.finished_at),
    Field("deleted_at", "", lambda row: row.deleted_at),
)


def note_of(line: UnifiedLineView) -> str | None:
    """What keeps a line from being paid, or why it was taken off."""
    if line.state != "open":
        return line.reason or None
    if line.is_parked:
        return "its account is parked"
    if not line.may_be_paid:
        return "its account has no valid relationship"
    if not line.outstanding_minor:
        return "settled by others"
    if line.paid_by_others_minor:
        return f"{amount_text(line.paid_by_others_minor, line.currency)} under way by other means"
    return None


LINES: Fields[UnifiedLineView] = (
    figure("line", "no.", lambda row: row.line_no, column="line"),
    Field("bill", "bill", lambda row: bill_name(row.account, row.cycle)),
    Field("account", "", lambda row: row.account, column="account"),
    Field("cycle", "", lambda row: cycle_text(row.cycle), column="cycle"),
    figure("listed", "listed", lambda row: money(row.listed_minor, row.currency), bare=True, column="listed"),
    figure("outstanding", "outstanding", lambda row: money(row.outstanding_minor, row.currency),
           bare=True, column="outstanding"),
    figure("paid", "paid by this", lambda row: money(row.paid_minor, row.currency), bare=True, column="paid"),
    Field("", "", lambda row: row.currency, column="currency"),
    Field("state", "state", lambda row: row.state, column="state"),
    Field("note", "note", note_of, column="note"),
)  # fmt: skip
