"""`settle disputes`: what gateways took back by themselves, by refunds made there and by disputes."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from interfaces.cli.options import AccountOption, OutputOption, choice_option
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
from interfaces.cli.session import opened, reading
from interfaces.csv_lines import write_csv
from interfaces.fields.field import as_object, as_objects
from interfaces.fields.gateway.reversals import MOVED_BILLS, REVERSALS
from interfaces.fields.values import amount_text, counted, local, words
from settlement.model.gateway.reversals import DISPUTE_OPEN, ReversalKind

if TYPE_CHECKING:
    from settlement.queries.gateway.reversals import ReversalView

KINDS: tuple[ReversalKind, ...] = get_args(ReversalKind)

app = typer.Typer(help="Disputes, and refunds made at a gateway: list, show, export.", no_args_is_help=True)

KindOption = Annotated[ReversalKind | None, choice_option("Only of this kind", KINDS)]
OpenOption = Annotated[bool, typer.Option("--open", help="Those that are not final.")]


@app.command("list")
def list_disputes(
    open_only: OpenOption = False,
    kind: KindOption = None,
    account: AccountOption = None,
    limit: LimitOption = 50,
    after: Annotated[str | None, typer.Option(metavar="ID", help="Continue after this one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Disputes, and refunds that nobody here requested, those found last first."""
    from settlement.queries.gateway import reversals

    with reading() as read:
        found = reversals.reversals(
            read.tx, limit=limit + 1, after=after, account=account, kind=kind, open_only=open_only
        )
    print_page("disputes", REVERSALS, found, read.zone, limit=limit, as_json=as_json)


@app.command("show")
def show_dispute(
    gateway_ref: Annotated[
        str, typer.Argument(metavar="ID", help="The gateway's own id, from `settle disputes list`.")
    ],
    gateway: Annotated[
        str | None, typer.Option(help="Which gateway's, where two have one of this id.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """One dispute or refund: what is taken back because of it, from which bills, and what happens next."""
    from settlement.queries.gateway import reversals

    with reading() as read:
        row = reversals.reversal(read.tx, gateway_ref, gateway)
        bills = reversals.moved_bills(read.tx, row)
    if as_json:
        print_json({**as_object(REVERSALS, row), "bills": as_objects(MOVED_BILLS, bills)})
        return
    print_facts(_facts(row, read.zone))
    if bills:
        print_heading("what it took back of bills, and brought back")
        print_rows(MOVED_BILLS, bills, read.zone)


@app.command("export")
def export(
    open_only: OpenOption = False,
    kind: KindOption = None,
    account: AccountOption = None,
    _csv: Annotated[bool, typer.Option("--csv", help="As CSV, which is the only form.")] = True,
    output: OutputOption = None,
) -> None:
    """All of them as CSV, one a line. Memory stays flat however many there are."""
    from settlement.operations.reports.reversals import export_reversals

    with opened() as runtime, sink(output) as write:
        lines = export_reversals(
            runtime.store, lambda rows: write_csv(write, REVERSALS, rows),
            account=account, kind=kind, open_only=open_only,
        )  # fmt: skip
    if output is not None:
        remark(f"{output}: {counted(lines, 'line')}")


def _facts(row: ReversalView, zone: tzinfo) -> list[tuple[str, str]]:
    facts = [
        (row.kind, row.gateway_ref),
        ("account", row.account),
        ("amount", amount_text(row.amount_minor, row.currency)),
        ("taken back", amount_text(row.taken_minor, row.currency)),
        ("of charge", row.charge),
        ("method", f"{row.method}, at {row.gateway}"),
        ("state", f"{words(row.state)}, the money {words(row.funds)}"),
        ("reason", row.reason or "-"),
        ("opened", local(row.opened_at, zone)),
        ("found", local(row.found_at, zone)),
        ("read last", local(row.read_at, zone)),
    ]
    if row.owed_minor:
        owed = amount_text(row.owed_minor, row.currency)
        facts.append(("owed of it", f"{owed}, which the account's next cash pays before any bill"))
    return [*facts, ("then", _next_step(row))]


def _next_step(row: ReversalView) -> str:
    """What happens next by itself."""
    if row.state in DISPUTE_OPEN:
        return (
            f"{row.method} is not charged by itself until {row.gateway} has decided; answer the dispute there. It is "
            "read again every day, and when a webhook reports it"
        )
    if row.closed_at is None:
        return "it is read again every day until it is final"
    if row.taken_minor:
        return "nothing: it is final, and what it took back of bills is owed like any other bill"
    return "nothing: it is final, and nothing is taken back because of it"
