"""`settle overdue`: bills past their due date, the longest first."""

from __future__ import annotations

from typing import Annotated

import typer

from interfaces.cli.options import AccountOption, AfterBillOption
from interfaces.cli.render.output import JsonOption, LimitOption, print_json, print_next, print_rows
from interfaces.cli.session import reading
from interfaces.fields.field import as_objects
from interfaces.fields.overdue import DUE_TOTALS, due_bill_fields
from interfaces.fields.values import amount_text, bill_name, counted
from settlement.rules.days import day_of

app = typer.Typer(help="Bills past their due date.", no_args_is_help=True)


@app.command("list")
def list_overdue(
    account: AccountOption = None,
    upcoming: Annotated[
        bool, typer.Option("--upcoming", help="Also unsettled bills whose due date is still to come.")
    ] = False,
    limit: LimitOption = 50,
    after: AfterBillOption = None,
    as_json: JsonOption = False,
) -> None:
    """Overdue bills by due date, and what all of them together come to. The daily check finds them overdue."""
    from settlement.queries import credit

    with reading() as read:
        found = credit.due_bills(read.tx, limit=limit + 1, after=after, account=account, upcoming=upcoming)
        totals = credit.due_totals(read.tx, account=account, upcoming=upcoming)
    fields = due_bill_fields(day_of(read.now, read.zone))
    page = found[:limit]
    cursor = bill_name(page[-1].account, page[-1].cycle) if len(found) > limit else None
    if as_json:
        print_json(
            {"bills": as_objects(fields, page), "totals": as_objects(DUE_TOTALS, totals), "next": cursor}
        )
        return
    print_rows(fields, page, read.zone)
    for total in totals:
        of = f"{counted(total.bills, 'bill')} of {counted(total.accounts, 'account')}"
        print(f"together {amount_text(total.outstanding_minor, total.currency)} on {of}")
    if not totals:
        print("no bill is overdue" if not upcoming else "no unsettled bill has a due date")
    print_next(cursor)
