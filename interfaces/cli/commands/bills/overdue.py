"""`settle overdue`: bills past their due date, the longest first."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import BillName, bill_name, to_bill
from interfaces.cli.render.figures import Json, counted, instant, money, shown
from interfaces.cli.render.output import Column, JsonOption, LimitOption, print_json, print_next, print_table
from interfaces.cli.session import opened
from settlement.rules.days import day_of

if TYPE_CHECKING:
    from settlement.queries.credit import DueTotal, DueView

overdue_app = typer.Typer(help="Bills past their due date.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds `overdue`."""
    app.add_typer(overdue_app, name="overdue")


@overdue_app.callback()
def _overdue() -> None:
    """Bills past their due date."""


@overdue_app.command("list")
def list_overdue(
    account: Annotated[str | None, typer.Option("--account", help="Only this account's.")] = None,
    upcoming: Annotated[
        bool, typer.Option("--upcoming", help="Also unsettled bills whose due date is still to come.")
    ] = False,
    limit: LimitOption = 50,
    after: Annotated[
        BillName | None, typer.Option(parser=to_bill, metavar="BILL", help="Go on after this bill.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Overdue bills by due date, and what all of them together come to. The daily check finds them overdue."""
    from settlement.queries import credit

    with opened() as runtime:
        today = day_of(runtime.now(), runtime.policy.zone)
        with runtime.store.transaction() as tx:
            found = credit.due_bills(tx, limit=limit + 1, after=after, account=account, upcoming=upcoming)
            totals = credit.due_totals(tx, account=account, upcoming=upcoming)
    page = found[:limit]
    cursor = bill_name(page[-1].account, page[-1].cycle) if len(found) > limit else None
    if as_json:
        print_json(
            {
                "bills": [_json(bill, today) for bill in page],
                "totals": [_total_json(total) for total in totals],
                "next": cursor,
            }
        )
        return
    columns = (
        Column("bill"), Column("due"), Column("days", right=True), Column("outstanding", right=True), Column("state"),
        Column("by the rule"),
    )  # fmt: skip
    print_table(columns, [_row(bill, today) for bill in page])
    for total in totals:
        of = f"{counted(total.bills, 'bill')} of {counted(total.accounts, 'account')}"
        print(f"together {shown(total.outstanding_minor, total.currency)} on {of}")
    if not totals:
        print("no bill is overdue" if not upcoming else "no unsettled bill has a due date")
    print_next(cursor)


def _row(bill: DueView, today: date) -> tuple[str, ...]:
    return (
        bill_name(bill.account, bill.cycle),
        bill.due_on.isoformat(),
        str((today - bill.due_on).days),
        shown(bill.outstanding_minor, bill.currency),
        "due" if bill.overdue_at is None else "overdue",
        bill.due_rule,
    )


def _json(bill: DueView, today: date) -> Json:
    return {
        "bill": bill_name(bill.account, bill.cycle),
        "account": bill.account,
        "cycle": bill_name("", bill.cycle)[1:],
        "due_on": bill.due_on.isoformat(),
        "days": (today - bill.due_on).days,
        "due_rule": bill.due_rule,
        "overdue_at": instant(bill.overdue_at),
        "payable": money(bill.payable_minor, bill.currency),
        "outstanding": money(bill.outstanding_minor, bill.currency),
    }


def _total_json(total: DueTotal) -> Json:
    return {
        "currency": total.currency,
        "bills": total.bills,
        "accounts": total.accounts,
        "outstanding": money(total.outstanding_minor, total.currency),
    }
