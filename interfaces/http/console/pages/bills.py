"""A bill: figures, what it is made of, what paid it when, and every reason for which it is not settled."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.bills import BILL_LINES, is_overdue, outstanding_minor
from interfaces.fields.repayments import REPAYMENTS, since_when
from interfaces.fields.values import Money, bill_name, exact, money, words
from interfaces.http.api.reads.filters import cycle_in_path
from interfaces.http.console.context import Console
from interfaces.http.console.marks import State
from interfaces.http.console.offers import pay_why, role_reason
from interfaces.http.console.pages.lists import cut_at, table_of
from interfaces.http.console.paths import charge_path, repayment_path
from interfaces.http.console.remedies import remedy_of, without_events
from interfaces.http.console.tokens import SOURCE
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.money import decimal_text
from settlement.model.reasons import Reason, ReasonCode
from settlement.operations.reports.explanations import BillExplanation, explain
from settlement.queries import bills, methods, payments, repayments
from settlement.queries.explanations import EventName

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_ROWS = 1_000
# The page is about one bill.
_REPAYMENTS = tuple(field for field in REPAYMENTS if field.key != "bill")


class Happened(NamedTuple):
    """Something that happened to a bill, at an instant (UTC)."""

    at: datetime
    what: str
    amount: Money | None = None


class RunningPayment(NamedTuple):
    """A payment by hand in progress: `amount` in all, of it `from_balance`, and `by_channel` by a payment method, whose
    charge has the page `charge`. `action_url`: where its payer confirms it.
    """

    amount: Money
    from_balance: Money | None
    by_channel: Money
    channel: str
    state: State
    charge: str | None
    began: datetime
    action_url: str | None


def cycle_in(request: Request) -> Cycle:
    """The month of the address.

    Raises:
        NotFound: it is none.
    """
    return cycle_in_path(request.path_params["cycle"])


async def bill_page(console: Console, request: Request) -> Response:
    """Everything about one bill."""
    visitor = await console.visitor(request)
    account, cycle, runtime = request.path_params["account"], cycle_in(request), console.api.runtime
    # First, so that what ends meanwhile is still looked after, and the page comes once more.
    running = await console.api.read(lambda tx: _running(tx, account, cycle))
    at = await console.api.in_thread(runtime.as_of)
    explained = await console.api.in_thread(
        lambda: explain(runtime.store, account, cycle, at=at, policy=runtime.policy)
    )
    (found,) = explained.bills
    policy = runtime.policy
    lines, paid, known = await console.api.read(
        lambda tx: (
            bills.bill_lines(tx, account, cycle, limit=MOST_ROWS + 1),
            repayments.repayments(
                tx, limit=MOST_ROWS + 1, account=account, cycle=cycle, since=policy.records_since
            ),
            methods.methods(tx, explained.position.account.id),
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
        remedy_of=remedy_of, sentence_of=_sentence, without_events=without_events, payment=running,
        repayments=table_of(_REPAYMENTS, paid[:MOST_ROWS], repayment_path), timeline=_timeline(found),
        not_payable=role_reason(visitor, "money") or await pay_why(console, bill, known, at),
        remark=remark,
    )  # fmt: skip


async def bill_now(console: Console, request: Request) -> Response:
    """The part of the page that changes while a payment by hand is in progress. At its end the whole page comes once
    more, since all of its figures are others then.
    """
    visitor = await console.visitor(request)
    account, cycle = request.path_params["account"], cycle_in(request)
    running = await console.api.read(lambda tx: _running(tx, account, cycle))
    response = console.page(
        request, "accounts/bill_now.html", visitor,
        account=account, cycle=cycle_text(cycle), payment=running,
    )  # fmt: skip
    if running is None:
        response.headers["HX-Refresh"] = "true"
    return response


def _running(tx: Connection, account: str, cycle: Cycle) -> RunningPayment | None:
    """The payment by hand that is in progress; a bill has one at most. Rule: R8.2."""
    for row in payments.payments(tx, limit=1, account=account, cycle=cycle, state="running"):
        return RunningPayment(
            Money(row.total_minor, row.currency),
            Money(row.balance_minor, row.currency) if row.balance_minor else None,
            Money(row.total_minor - row.balance_minor, row.currency),
            row.channel,
            State(row.charge_state or "waiting"),
            None if row.charge is None else charge_path(row.charge),
            row.started_at,
            row.action_url,
        )
    return None


def _sentence(reason: Reason) -> str:
    """A reason as a sentence. A payment made at the console has a name that nobody gave it."""
    if reason.code is ReasonCode.MANUAL_PAYMENT:
        return "A payment by hand is in progress; automatic write-off goes on by itself when it ends"
    return without_events(reason.sentence)


def _because(event: EventName | None) -> str:
    if event is None:
        return ""
    # A form made the id of what was sent here, and it says nothing to anybody.
    name = "" if event.source == SOURCE else f" {event.event_id}"
    return f", because of {words(event.type)}{name}"


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
            + (_because(row.event)),
            money(abs(row.amount_minor), bill.currency),
        )
        for row in found.payments
    ]
    # Of one instant, what paid it comes before that it was settled.
    if bill.settled_at is not None:
        happened.append(Happened(bill.settled_at, "settled"))
    return sorted(happened, key=lambda one: one.at)
