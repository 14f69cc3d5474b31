"""A bill: figures, what it is made of, what paid it when, and every reason for which it is not settled."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.bills import BILL_LINES, is_overdue, outstanding_minor
from interfaces.fields.repayments import REPAYMENTS, since_when
from interfaces.fields.values import Money, bill_name, exact, money, words
from interfaces.http.console.context import Console
from interfaces.http.console.offers import pay_why, role_reason
from interfaces.http.console.pages.lists import cut_at, table_of
from interfaces.http.console.paths import repayment_path
from interfaces.http.console.remedies import remedy_of, without_events
from settlement.errors import NotFound, Refused
from settlement.model.cycle import Cycle, cycle_text, parse_cycle
from settlement.model.money import decimal_text
from settlement.operations.reports.explanations import BillExplanation, explain
from settlement.queries import bills, repayments

MOST_ROWS = 1_000


class Happened(NamedTuple):
    """Something that happened to a bill, at an instant (UTC)."""

    at: datetime
    what: str
    amount: Money | None = None


def cycle_in(request: Request) -> Cycle:
    """The month of the address.

    Raises:
        NotFound: it is none.
    """
    try:
        return parse_cycle(request.path_params["cycle"])
    except Refused as error:
        raise NotFound("unknown_bill", error.message) from None


async def bill_page(console: Console, request: Request) -> Response:
    """Everything about one bill."""
    visitor = await console.visitor(request)
    account, cycle, runtime = request.path_params["account"], cycle_in(request), console.api.runtime
    explained = await console.api.in_thread(
        lambda: explain(runtime.store, account, cycle, at=runtime.as_of(), policy=runtime.policy)
    )
    (found,) = explained.bills
    policy = runtime.policy
    lines, paid = await console.api.read(
        lambda tx: (
            bills.bill_lines(tx, account, cycle, limit=MOST_ROWS + 1),
            repayments.repayments(
                tx, limit=MOST_ROWS + 1, account=account, cycle=cycle, since=policy.records_since
            ),
        )
    )
    bill = found.bill
    remark = since_when(policy) if cycle < policy.records_since else None
    outstanding = outstanding_minor(bill)
    return console.page(
        request, "accounts/bill.html", visitor,
        title=f"Bill {bill_name(account, cycle)}", account=account, cycle=cycle_text(cycle), bill=bill,
        position=explained.position, overdue=is_overdue(bill),
        figures_of={
            "accrued": exact(bill.accrued + bill.carried_in, bill.currency),
            "payable": money(bill.payable_minor, bill.currency),
            "paid": money(bill.paid_minor, bill.currency),
            "outstanding": money(outstanding, bill.currency),
        },
        least_top_up=_least_top_up(found), explained=found, lines=table_of(BILL_LINES, lines[:MOST_ROWS]),
        cut_lines=cut_at(lines, MOST_ROWS), cut_repayments=cut_at(paid, MOST_ROWS),
        remedy_of=remedy_of, without_events=without_events,
        repayments=table_of(REPAYMENTS, paid[:MOST_ROWS], repayment_path), timeline=_timeline(found),
        not_payable=role_reason(visitor, "money") or await pay_why(console, account, cycle_text(cycle)),
        remark=remark,
    )  # fmt: skip


def _least_top_up(found: BillExplanation) -> str:
    """The least top-up after which the next write-off settles it, as a form takes it; empty where none does."""
    minor = None if found.outlook is None else found.outlook.top_up_minor
    return "" if minor is None else decimal_text(minor, found.bill.currency)


def _timeline(found: BillExplanation) -> list[Happened]:
    """What happened to it, in the order of time."""
    bill = found.bill
    dated = [(bill.issued_at, "issued"), (bill.overdue_at, "found overdue")]
    happened = [Happened(at, what) for at, what in dated if at is not None]
    happened += [
        Happened(
            row.paid_at,
            f"{'paid' if row.amount_minor >= 0 else 'taken back'} from {words(row.source)}"
            + (f", because of {row.event.type} {row.event.event_id}" if row.event is not None else ""),
            money(abs(row.amount_minor), bill.currency),
        )
        for row in found.payments
    ]
    # Of one instant, what paid it comes before that it was settled.
    if bill.settled_at is not None:
        happened.append(Happened(bill.settled_at, "settled"))
    return sorted(happened, key=lambda one: one.at)
