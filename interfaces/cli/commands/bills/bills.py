"""`settle bills`: what accounts owe, what it is made of, and how it was paid."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import BillName, bill_name, to_bill, to_cycle
from interfaces.cli.commands.bills.repayments import print_repayments, repayment_json
from interfaces.cli.render.figures import (
    Json,
    day,
    exact,
    exact_shown,
    instant,
    local,
    money,
    money_or_none,
    shown,
)
from interfaces.cli.render.output import (
    Column,
    JsonOption,
    LimitOption,
    print_facts,
    print_heading,
    print_json,
    print_next,
    print_table,
)
from interfaces.cli.session import opened
from settlement.model.bills import BillState

if TYPE_CHECKING:
    from settlement.queries.bills import BillLineView, BillView

LINES_SHOWN = 200

bills_app = typer.Typer(help="Bills: one per account and month, named ACCOUNT:YYYY-MM.", no_args_is_help=True)

AccountOption = Annotated[str | None, typer.Option("--account", help="Only this account's.")]
CycleOption = Annotated[
    int | None, typer.Option("--cycle", parser=to_cycle, metavar="YYYY-MM", help="Only those of this month.")
]


def register(app: typer.Typer) -> None:
    """Adds `bills`."""
    app.add_typer(bills_app, name="bills")


@bills_app.command("list")
def list_bills(
    account: AccountOption = None,
    cycle: CycleOption = None,
    state: Annotated[BillState | None, typer.Option(help="Only those in this state.")] = None,
    limit: LimitOption = 50,
    after: Annotated[
        BillName | None, typer.Option(parser=to_bill, metavar="BILL", help="Go on after this bill.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Bills by account, in the order in which accounts were opened, then by month."""
    from settlement.queries import bills

    with opened() as runtime, runtime.store.transaction() as tx:
        found = bills.bills(tx, limit=limit + 1, after=after, account=account, cycle=cycle, state=state)
    page = found[:limit]
    cursor = bill_name(page[-1].account, page[-1].cycle) if len(found) > limit else None
    if as_json:
        print_json({"bills": [bill_json(bill) for bill in page], "next": cursor})
        return
    columns = (
        Column("bill"), Column("state"), Column("accrued", right=True), Column("payable", right=True),
        Column("paid", right=True), Column("outstanding", right=True), Column("due"),
    )  # fmt: skip
    print_table(columns, [_row(bill) for bill in page])
    print_next(cursor)


@bills_app.command("show")
def show_bill(
    bill: Annotated[BillName, typer.Argument(parser=to_bill, metavar="BILL", help="ACCOUNT:YYYY-MM.")],
    as_json: JsonOption = False,
) -> None:
    """One bill: its figures, what it is made of, and its repayments."""
    from settlement.queries import bills, repayments

    with opened() as runtime:
        zone = runtime.policy.zone
        with runtime.store.transaction() as tx:
            found = bills.bill(tx, bill.account, bill.cycle)
            lines = bills.bill_lines(tx, bill.account, bill.cycle, limit=LINES_SHOWN)
            paid = repayments.repayments(tx, limit=LINES_SHOWN, account=bill.account, cycle=bill.cycle)
    if as_json:
        print_json(
            {
                **bill_json(found),
                "lines": [_line_json(line, found.currency) for line in lines],
                "repayments": [repayment_json(row) for row in paid],
            }
        )
        return
    print_facts(_facts(found, zone))
    print_heading("made of" + (f" (the {LINES_SHOWN} largest lines)" if len(lines) == LINES_SHOWN else ""))
    print_table(
        (
            Column("product"),
            Column("order"),
            Column("accrued", right=True),
            Column("paid by cards", right=True),
        ),
        [
            (
                line.product,
                line.order_id or "-",
                exact_shown(line.accrued, found.currency),
                shown(line.card_paid_minor, found.currency),
            )
            for line in lines
        ],
    )
    print_heading("repayments")
    print_repayments(paid, zone)


def bill_json(bill: BillView) -> dict[str, Json]:
    """A bill for programs."""
    currency = bill.currency
    return {
        "bill": bill_name(bill.account, bill.cycle),
        "account": bill.account,
        "cycle": bill_name("", bill.cycle)[1:],
        "state": bill.state,
        "accrued": exact(bill.accrued, currency),
        "carried_in": exact(bill.carried_in, currency),
        "payable": money_or_none(bill.payable_minor, currency),
        "dropped": None if bill.dropped is None else exact(bill.dropped, currency),
        "carried_out": None if bill.carried_out is None else exact(bill.carried_out, currency),
        "paid": money(bill.paid_minor, currency),
        "outstanding": money_or_none(_outstanding(bill), currency),
        "issued_at": instant(bill.issued_at),
        "settled_at": instant(bill.settled_at),
        "due_on": None if bill.due_on is None else bill.due_on.isoformat(),
        "due_rule": bill.due_rule,
        "overdue_at": instant(bill.overdue_at),
    }


def _outstanding(bill: BillView) -> int | None:
    return None if bill.payable_minor is None else bill.payable_minor - bill.paid_minor


def _line_json(line: BillLineView, currency: str) -> Json:
    return {
        "product": line.product,
        "order_id": line.order_id or None,
        "single_month": line.single_month,
        "accrued": exact(line.accrued, currency),
        "paid_by_cards": money(line.card_paid_minor, currency),
    }


def _row(bill: BillView) -> tuple[str, ...]:
    return (
        bill_name(bill.account, bill.cycle),
        bill.state,
        exact_shown(bill.accrued, bill.currency),
        shown(bill.payable_minor, bill.currency),
        shown(bill.paid_minor, bill.currency),
        shown(_outstanding(bill), bill.currency),
        day(bill.due_on) + (", overdue" if is_overdue(bill) else ""),
    )


def is_overdue(bill: BillView) -> bool:
    """Was it found overdue, and is it still to be paid."""
    return bill.overdue_at is not None and bill.state == "unsettled"


def _facts(bill: BillView, zone: tzinfo) -> list[tuple[str, str]]:
    currency = bill.currency
    facts = [
        ("bill", bill_name(bill.account, bill.cycle)),
        ("state", bill.state),
        ("fees", exact_shown(bill.accrued, currency)),
    ]
    if bill.carried_in:
        facts.append(("carried in", exact_shown(bill.carried_in, currency)))
    facts.append(("payable", shown(bill.payable_minor, currency)))
    if bill.dropped:
        facts.append(("dropped by rounding", exact_shown(bill.dropped, currency)))
    if bill.carried_out:
        facts.append(("carried to the next month", exact_shown(bill.carried_out, currency)))
    return [
        *facts,
        ("paid", shown(bill.paid_minor, currency)),
        ("outstanding", shown(_outstanding(bill), currency)),
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
