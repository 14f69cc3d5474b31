"""`settle bills`: what accounts owe, what it is made of, and how it was paid."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import to_cycle
from interfaces.cli.options import AccountOption, AfterBillOption, BillArgument
from interfaces.cli.render.output import (
    JsonOption,
    LimitOption,
    print_facts,
    print_heading,
    print_json,
    print_page,
    print_rows,
)
from interfaces.cli.render.records import remark_archived, remark_since
from interfaces.cli.session import reading
from interfaces.fields.bills import BILL_LINES, BILLS, is_overdue, outstanding_minor
from interfaces.fields.field import as_object, as_objects
from interfaces.fields.repayments import REPAYMENTS
from interfaces.fields.values import amount_text, bill_name, exact_text, local
from settlement.model.bills import BillState

if TYPE_CHECKING:
    from settlement.queries.bills import BillView

LINES_PRINTED = 200

app = typer.Typer(help="Bills: one per account and month, named ACCOUNT:YYYY-MM.", no_args_is_help=True)

CycleOption = Annotated[
    int | None, typer.Option("--cycle", parser=to_cycle, metavar="YYYY-MM", help="Only those of this month.")
]


@app.command("list")
def list_bills(
    account: AccountOption = None,
    cycle: CycleOption = None,
    state: Annotated[BillState | None, typer.Option(help="Only those in this state.")] = None,
    limit: LimitOption = 50,
    after: AfterBillOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bills by account, in the order in which accounts were opened, then by month."""
    from settlement.queries import bills

    with reading() as read:
        found = bills.bills(read.tx, limit=limit + 1, after=after, account=account, cycle=cycle, state=state)
    print_page("bills", BILLS, found, read.zone, limit=limit, as_json=as_json)


@app.command("show")
def show_bill(bill: BillArgument, as_json: JsonOption = False) -> None:
    """One bill: its figures, what it is made of, and its repayments."""
    from settlement.queries import bills, repayments

    with reading() as read:
        found = bills.bill(read.tx, bill.account, bill.cycle)
        lines = bills.bill_lines(read.tx, bill.account, bill.cycle, limit=LINES_PRINTED)
        paid = repayments.repayments(
            read.tx,
            limit=LINES_PRINTED,
            account=bill.account,
            cycle=bill.cycle,
            since=read.policy.records_since,
        )
    remark_since(read.policy, bill.cycle)
    remark_archived(found.records_archive_id, bill.account)
    if as_json:
        print_json(
            {
                **as_object(BILLS, found),
                "lines": as_objects(BILL_LINES, lines),
                "repayments": as_objects(REPAYMENTS, paid),
            }
        )
        return
    print_facts(_facts(found, read.zone))
    print_heading(
        "made of" + (f" (the {LINES_PRINTED} largest lines)" if len(lines) == LINES_PRINTED else "")
    )
    print_rows(BILL_LINES, lines, read.zone)
    print_heading("repayments")
    print_rows(REPAYMENTS, paid, read.zone)


def _facts(bill: BillView, zone: tzinfo) -> list[tuple[str, str]]:
    currency = bill.currency
    facts = [
        ("bill", bill_name(bill.account, bill.cycle)),
        ("state", bill.state),
        ("fees", exact_text(bill.accrued, currency)),
    ]
    if bill.carried_in:
        facts.append(("carried in", exact_text(bill.carried_in, currency)))
    facts.append(("payable", amount_text(bill.payable_minor, currency)))
    if bill.dropped:
        facts.append(("dropped by rounding", exact_text(bill.dropped, currency)))
    if bill.carried_out:
        facts.append(("carried to the next month", exact_text(bill.carried_out, currency)))
    return [
        *facts,
        ("paid", amount_text(bill.paid_minor, currency)),
        ("outstanding", amount_text(outstanding_minor(bill), currency)),
        ("issued", local(bill.issued_at, zone)),
        *_due_facts(bill, zone),
        ("settled", local(bill.settled_at, zone)),
    ]


def _due_facts(bill: BillView, zone: tzinfo) -> list[tuple[str, str]]:
    if bill.due_on is None:
        return []
    facts = [("due", f"{bill.due_on.isoformat()} by {bill.due_rule}")]
    if bill.overdue_at is not None:
        still = "" if is_overdue(bill) else ", paid since"
        facts.append(("overdue", f"since {local(bill.overdue_at, zone)}{still}"))
    return facts
