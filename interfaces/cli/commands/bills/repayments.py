"""`settle repayments`: the records of what paid which bill, from which fund, because of what. Rule: R10.1, R10.2."""

from __future__ import annotations

from typing import Annotated

import typer

from interfaces.cli.arguments import BillName, RepaymentName, to_bill, to_cycle, to_repayment
from interfaces.cli.options import AccountOption, OutputOption
from interfaces.cli.render.destination import sink
from interfaces.cli.render.output import (
    JsonOption,
    LimitOption,
    print_facts,
    print_heading,
    print_json,
    print_page,
    print_rows,
    remark,
)
from interfaces.cli.render.records import remark_since
from interfaces.cli.session import opened, reading
from interfaces.csv_lines import write_csv
from interfaces.fields.field import as_object
from interfaces.fields.operations.archives import archived_json
from interfaces.fields.repayments import FUNDS, REPAYMENTS, because, funds, groups
from interfaces.fields.values import amount_text, bill_name, counted, local, words

app = typer.Typer(help="Repayments: what paid which bill, from which fund.", no_args_is_help=True)

CycleOption = Annotated[
    int | None,
    typer.Option("--cycle", parser=to_cycle, metavar="YYYY-MM", help="Only those of this month's bills."),
]
BillOption = Annotated[
    BillName | None, typer.Option(parser=to_bill, metavar="BILL", help="Only those of this bill.")
]


def _of(bill: BillName | None, account: str | None, cycle: int | None) -> tuple[str | None, int | None]:
    """The account and the month requested; a bill is both, and says nothing else than what is said beside it."""
    if bill is None:
        return account, cycle
    if account not in (None, bill.account) or cycle not in (None, bill.cycle):
        raise typer.BadParameter(f"no record is of the bill {bill} and of another account or month")
    return bill.account, bill.cycle


@app.command("list")
def list_repayments(
    account: AccountOption = None,
    cycle: CycleOption = None,
    bill: BillOption = None,
    limit: LimitOption = 50,
    after: Annotated[
        RepaymentName | None,
        typer.Option(parser=to_repayment, metavar="REPAYMENT", help="Continue after this repayment."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Repayments by account, month and cause: what coupons, stored value cards and cash paid, and why."""
    from settlement.queries import repayments
    from settlement.queries.operating import archives

    account, cycle = _of(bill, account, cycle)
    with reading() as read:
        since = read.policy.records_since
        found = repayments.repayments(
            read.tx, limit=limit + 1, after=after, account=account, cycle=cycle, since=since
        )
        elsewhere = archives.repayments_elsewhere(read.tx, read.zone, account=account, cycle=cycle)
    remark_since(read.policy, cycle)
    if elsewhere is not None:
        remark(elsewhere.detail)
    more = {"archived": archived_json(elsewhere)}
    print_page("repayments", REPAYMENTS, found, read.zone, limit=limit, as_json=as_json, more=more)


@app.command("show")
def show_repayment(
    repayment: Annotated[
        RepaymentName,
        typer.Argument(
            parser=to_repayment, metavar="REPAYMENT", help="ACCOUNT:YYYY-MM@CAUSE, as the list names it."
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """One repayment with every fund that paid, by its name."""
    from settlement.queries import repayments

    with reading() as read:
        remark_since(read.policy, repayment.cycle)
        row = repayments.repayment(read.tx, *repayment, since=read.policy.records_since)
    if as_json:
        print_json(as_object(REPAYMENTS, row))
        return
    print_facts(
        [
            ("bill", bill_name(row.account, row.cycle)), ("amount", amount_text(row.amount_minor, row.currency)),
            ("paid", local(row.paid_at, read.zone)), ("initiator", row.initiator),
            ("because of", because(row.cause, row.reference)),
            *((words(group), amount_text(minor, row.currency)) for group, minor in groups(row).items()),
        ]
    )  # fmt: skip
    print_heading("paid by")
    print_rows(FUNDS, funds([row]), read.zone)


@app.command("export")
def export(
    account: AccountOption = None,
    cycle: CycleOption = None,
    bill: BillOption = None,
    _csv: Annotated[bool, typer.Option("--csv", help="As CSV, which is the only form.")] = True,
    output: OutputOption = None,
) -> None:
    """Every record as CSV, one line per fund that paid. Memory stays flat however many there are."""
    from settlement.operations.reports.repayments import export_repayments
    from settlement.queries.operating import archives

    account, cycle = _of(bill, account, cycle)
    with opened() as runtime, sink(output) as write:
        lines = export_repayments(
            runtime.store, lambda rows: write_csv(write, FUNDS, funds(rows)),
            policy=runtime.policy, account=account, cycle=cycle,
        )  # fmt: skip
        remark_since(runtime.policy, cycle)
        with runtime.store.transaction() as tx:
            elsewhere = archives.repayments_elsewhere(tx, runtime.policy.zone, account=account, cycle=cycle)
        if elsewhere is not None:
            remark(elsewhere.detail)
    if output is not None:
        remark(f"{output}: {counted(lines, 'line')}")
