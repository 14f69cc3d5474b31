"""`settle repayments`: the records of what paid which bill, from which fund, because of what. Rule: R10.1, R10.2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import (
    BillName,
    RepaymentName,
    bill_name,
    repayment_name,
    to_bill,
    to_cycle,
    to_repayment,
)
from interfaces.cli.render.csv_lines import write_csv
from interfaces.cli.render.destination import sink
from interfaces.cli.render.figures import Json, counted, digits, instant, local, money, shown
from interfaces.cli.render.output import (
    Column,
    JsonOption,
    LimitOption,
    print_facts,
    print_heading,
    print_json,
    print_next,
    print_table,
    remark,
)
from interfaces.cli.session import opened
from settlement.model.cycle import cycle_text
from settlement.model.money import decimal_text
from settlement.rules.repayment_groups import by_group, group_of

if TYPE_CHECKING:
    from settlement.queries.repayments import RepaymentLineView, RepaymentView
    from worker.runtime import Runtime

CSV_HEADER = (
    "account", "cycle", "paid_at", "initiator", "group", "source", "name", "charge", "amount", "currency",
    "reference", "cause",
)  # fmt: skip

repayments_app = typer.Typer(help="Repayments: what paid which bill, from which fund.", no_args_is_help=True)

AccountOption = Annotated[str | None, typer.Option("--account", help="Only this account's.")]
CycleOption = Annotated[
    int | None,
    typer.Option("--cycle", parser=to_cycle, metavar="YYYY-MM", help="Only those of this month's bills."),
]
BillOption = Annotated[
    BillName | None, typer.Option(parser=to_bill, metavar="BILL", help="Only those of this bill.")
]


def register(app: typer.Typer) -> None:
    """Adds `repayments`."""
    app.add_typer(repayments_app, name="repayments")


@repayments_app.command("list")
def list_repayments(
    account: AccountOption = None,
    cycle: CycleOption = None,
    bill: BillOption = None,
    limit: LimitOption = 50,
    after: Annotated[
        RepaymentName | None,
        typer.Option(parser=to_repayment, metavar="REPAYMENT", help="Go on after this repayment."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Repayments by account, month and cause: what coupons, stored value cards and cash paid, and why."""
    from settlement.queries import repayments

    if bill is not None:
        account, cycle = bill
    with opened() as runtime:
        zone, since = runtime.policy.zone, runtime.policy.records_since
        with runtime.store.transaction() as tx:
            found = repayments.repayments(
                tx, limit=limit + 1, after=after, account=account, cycle=cycle, since=since
            )
        _tell_since(runtime, cycle)
    page = found[:limit]
    cursor = repayment_name(page[-1].account, page[-1].cycle, page[-1].cause) if len(found) > limit else None
    if as_json:
        print_json({"repayments": [repayment_json(row) for row in page], "next": cursor})
        return
    print_repayments(page, zone)
    print_next(cursor)


@repayments_app.command("show")
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

    with opened() as runtime:
        zone = runtime.policy.zone
        with runtime.store.transaction() as tx:
            row = repayments.repayment(tx, *repayment)
    if as_json:
        print_json(repayment_json(row))
        return
    print_facts(
        [
            ("bill", bill_name(row.account, row.cycle)), ("amount", shown(row.amount_minor, row.currency)),
            ("paid", local(row.paid_at, zone)), ("initiator", row.initiator), ("cause", row.cause),
            ("refers to", row.reference or "-"),
            *((_words(group), shown(minor, row.currency)) for group, minor in _groups(row).items()),
        ]
    )  # fmt: skip
    print_heading("paid by")
    columns = (
        Column("group"),
        Column("fund"),
        Column("name"),
        Column("charge"),
        Column("amount", right=True),
    )
    print_table(
        columns,
        [
            (
                _words(group_of(line.source)), _words(line.source), line.name or "-", line.charge or "-",
                digits(line.amount_minor, row.currency),
            )
            for line in row.lines
        ],
    )  # fmt: skip


@repayments_app.command("export")
def export(
    account: AccountOption = None,
    cycle: CycleOption = None,
    bill: BillOption = None,
    _csv: Annotated[bool, typer.Option("--csv", help="As CSV, which is the only form.")] = True,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead of printing."),
    ] = None,
) -> None:
    """Every record as CSV, one line per fund that paid. Memory stays flat however many there are."""
    from settlement.operations.reports.repayments import export_repayments

    if bill is not None:
        account, cycle = bill
    with opened() as runtime, sink(output) as write:
        lines = export_repayments(
            runtime.store, lambda rows: write_csv(write, CSV_HEADER, csv_rows(rows)),
            policy=runtime.policy, account=account, cycle=cycle,
        )  # fmt: skip
        _tell_since(runtime, cycle)
    if output is not None:
        remark(f"{output}: {counted(lines, 'line')}")


def print_repayments(rows: list[RepaymentView], zone: tzinfo) -> None:
    """A table of repayments."""
    columns = (
        Column("bill"), Column("paid at"), Column("initiator"), Column("because of"), Column("amount", right=True),
        Column("coupons", right=True), Column("cards", right=True), Column("cash", right=True), Column("from"),
    )  # fmt: skip
    print_table(
        columns,
        [
            (
                bill_name(row.account, row.cycle),
                local(row.paid_at, zone),
                row.initiator,
                row.reference or row.cause,
                shown(row.amount_minor, row.currency),
                *(digits(minor, row.currency) for minor in _groups(row).values()),
                ", ".join(_source_text(line, row.currency) for line in row.lines),
            )
            for row in rows
        ],
    )


def repayment_json(row: RepaymentView) -> dict[str, Json]:
    """A repayment for programs."""
    return {
        "repayment": repayment_name(row.account, row.cycle, row.cause),
        "bill": bill_name(row.account, row.cycle),
        "cause": row.cause,
        "reference": row.reference,
        "initiator": row.initiator,
        "amount": money(row.amount_minor, row.currency),
        "paid_at": instant(row.paid_at),
        "groups": {group: money(minor, row.currency) for group, minor in _groups(row).items()},
        "lines": [
            {
                "group": group_of(line.source),
                "source": line.source,
                "source_id": line.source_id or None,
                "name": line.name,
                "charge": line.charge,
                "amount": money(line.amount_minor, row.currency),
            }
            for line in row.lines
        ],
    }


def _groups(row: RepaymentView) -> dict[str, int]:
    sums = by_group((line.source, line.amount_minor) for line in row.lines)
    return {str(group): minor for group, minor in sums.items()}


def csv_rows(rows: Iterable[RepaymentView]) -> Iterator[tuple[object, ...]]:
    """A row of the CSV file for every fund that paid; amounts are decimals."""
    for row in rows:
        for line in row.lines:
            yield (
                row.account, cycle_text(row.cycle), instant(row.paid_at), row.initiator, group_of(line.source),
                line.source, line.name or "", line.charge or "", decimal_text(line.amount_minor, row.currency),
                row.currency, row.reference or "", row.cause,
            )  # fmt: skip


def _source_text(line: RepaymentLineView, currency: str) -> str:
    name = f" {line.name}" if line.name else ""
    return f"{_words(line.source)}{name} {digits(line.amount_minor, currency)}"


def _words(code: str) -> str:
    return code.replace("_", " ")


def _tell_since(runtime: Runtime, cycle: int | None) -> None:
    """An empty answer about a month of which no records are shown says why it is empty."""
    since = runtime.policy.records_since
    if cycle is not None and cycle < since:
        remark(f"repayment records are shown for bills of {cycle_text(since)} and later ones")
