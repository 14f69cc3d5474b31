"""What a plan decided about bills and their lines, as rows. Rule: R3.1, R4.*."""

from __future__ import annotations

from settlement.model.rows.bills import BillPaid, BillValues, LinePaid
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.credit import finish_overdue


def finish_bills(draft: Draft, account: WorkingAccount) -> None:
    """The rows for what was issued and paid, and the end of being overdue."""
    rows, overdue_settled = draft.changes.bills, False
    for bill in account.bills:
        if not bill.touched or bill.payable_minor is None:
            continue
        state = bill.state
        settled_at = (bill.settled_at or draft.at) if state == "settled" else None
        if bill.issuance is not None:
            rows.issued.append(
                BillValues(account.id, bill.cycle, state, bill.paid_minor, settled_at, *bill.issuance)
            )
        else:
            rows.paid.append(
                BillPaid(account.id, bill.cycle, state, bill.paid_minor, bill.reserved_minor, settled_at)
            )
            overdue_settled |= bill.overdue and state == "settled"
    if overdue_settled:
        finish_overdue(draft, account)
    for working in account.lines:
        if working.touched:
            line = working.line
            rows.lines_paid.append(
                LinePaid(
                    account.id,
                    line.cycle,
                    line.product,
                    line.order_id,
                    line.single_month,
                    working.card_paid_minor,
                )
            )
