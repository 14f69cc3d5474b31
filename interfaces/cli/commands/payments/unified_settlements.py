"""`settle unified`: a main account pays listed bills of several accounts in one order. Rule: R9.3."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.arguments import BillName, to_bill, to_cycle
from interfaces.cli.commands.payments.transfers import MainArgument
from interfaces.cli.confirmation import YesOption
from interfaces.cli.confirmed_event import Question, confirm_and_send, write_off_question
from interfaces.cli.options import OutputOption
from interfaces.cli.render.destination import sink
from interfaces.cli.render.output import (
    AfterOption,
    JsonOption,
    LimitOption,
    print_json,
    print_next,
    print_page,
    remark,
)
from interfaces.cli.session import opened, reading
from interfaces.cli.single_event import EventIdOption
from interfaces.csv_lines import write_csv
from interfaces.fields.unified_settlements import LINES, UNIFIED_SETTLEMENTS
from interfaces.fields.values import counted
from settlement.model.cycle import cycle_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from settlement.operations.inbox.preview import Preview
    from settlement.queries.unified_settlements import UnifiedLineView
    from worker.runtime import Runtime

app = typer.Typer(
    help="Unified settlements: bills of several accounts. A main account pays them, in the order of its list.",
    no_args_is_help=True,
)

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="The settlement's name within its main account.")
]
AccountsOption = Annotated[
    list[str] | None, typer.Option("--account", metavar="ACCOUNT", help="In this order; repeatable.")
]
AccountsFileOption = Annotated[
    Path | None, typer.Option("--accounts", metavar="FILE", help="A file with the name of an account on each line.")
]  # fmt: skip
CyclesOption = Annotated[
    list[Any] | None,
    typer.Option("--cycle", parser=to_cycle, metavar="YYYY-MM", help="Up to three; repeatable."),
]


@app.command("list")
def list_settlements(
    main: Annotated[str | None, typer.Option(help="Only those of this main account.")] = None,
    deleted: Annotated[bool, typer.Option("--all", help="Also those that were deleted.")] = False,
    limit: LimitOption = 50,
    after: AfterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Unified settlements with their progress, the newest first."""
    from settlement.queries import unified_settlements

    with reading() as read:
        found = unified_settlements.settlements(
            read.tx, limit=limit + 1, after=after, main=main, deleted=deleted
        )
    print_page("settlements", UNIFIED_SETTLEMENTS, found, read.zone, limit=limit, as_json=as_json)


@app.command("show")
def show_settlement(
    main: MainArgument,
    name: NameArgument,
    limit: LimitOption = 50,
    after: Annotated[int, typer.Option(min=0, metavar="LINE", help="Continue after this line.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """One settlement: how far it is, and a page of its bills."""
    with opened() as runtime:
        _print(runtime, main, name, limit=limit, after=after, as_json=as_json)


@app.command("verify")
def verify_settlement(main: MainArgument, name: NameArgument, as_json: JsonOption = False) -> None:
    """Every bill with its amount, the total, and what the main account lacks to pay it; changes nothing."""
    from settlement.events.inbound.unified_settlements import MOST_LINES

    with opened() as runtime:
        _print(runtime, main, name, limit=MOST_LINES, as_json=as_json)


@app.command("export")
def export_settlement(main: MainArgument, name: NameArgument, output: OutputOption = None) -> None:
    """The list as CSV, in the order of payment; what was taken off it comes last. Memory stays flat."""
    from settlement.operations.reports.unified_settlements import export_list

    with opened() as runtime, sink(output) as write:
        count = 0

        def write_lines(lines: Iterable[UnifiedLineView]) -> None:
            nonlocal count
            count = write_csv(write, LINES, lines)

        export_list(runtime.store, main, name, write_lines)
    remark(f"{name}: {counted(count, 'line')}")


@app.command("create")
def create_settlement(
    main: MainArgument,
    name: NameArgument,
    account: AccountsOption = None,
    accounts: AccountsFileOption = None,
    cycle: CyclesOption = None,
    event_id: EventIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lists the unsettled bills of these accounts and months. From then on automatic write-off of them is held."""
    data = _listed(name, account, accounts, cycle)
    with opened() as runtime:
        _send(
            runtime,
            main,
            name,
            "created",
            data,
            event_id=event_id,
            yes=True,
            question=_nothing,
            as_json=as_json,
        )


@app.command("edit")
def edit_settlement(
    main: MainArgument,
    name: NameArgument,
    account: AccountsOption = None,
    accounts: AccountsFileOption = None,
    cycle: CyclesOption = None,
    bill: Annotated[
        list[Any] | None,
        typer.Option("--bill", parser=to_bill, metavar="BILL", help="Keep these, in this order; repeatable."),
    ] = None,
    bills: Annotated[
        Path | None,
        typer.Option("--bills", metavar="FILE", help="A file with the name of a bill to keep on each line."),
    ] = None,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Makes the list of a draft anew, from accounts and months, or keeps some of its bills in a new order."""
    kept: list[BillName] = [*(bill or ()), *(map(to_bill, _lines_of(bills)) if bills is not None else ())]
    if kept:
        if account or accounts or cycle:
            raise typer.BadParameter("either --bill or --bills, or accounts and months")
        named = [{"account": found.account, "cycle": cycle_text(found.cycle)} for found in kept]
        data: dict[str, Any] = {"settlement": name, "bills": named}
    else:
        data = _listed(name, account, accounts, cycle)
    with opened() as runtime:
        question = _released(runtime, main, f"bills leave settlement {name}")
        _send(
            runtime,
            main,
            name,
            "edited",
            data,
            event_id=event_id,
            yes=yes,
            question=question,
            as_json=as_json,
        )


@app.command("run")
def run_settlement(
    main: MainArgument,
    name: NameArgument,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Pays what the main account's money reaches, in the order of the list, and the rest by itself when more comes."""
    from interfaces.cli.render.unified_settlement import run_text
    from settlement.operations.reports.unified_settlements import read_position

    with opened() as runtime:
        found = read_position(
            runtime.store, main, name, at=runtime.now(), policy=runtime.policy, limit=0
        )  # fmt: skip
        _send(
            runtime, main, name, "run", {"settlement": name}, event_id=event_id, yes=yes,
            question=partial(run_text, found), as_json=as_json,
        )  # fmt: skip


@app.command("close")
@app.command("stop", help="The same as close.")
def close_settlement(
    main: MainArgument,
    name: NameArgument,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ends a settlement: what is not paid stays unpaid, and automatic write-off of its accounts goes on."""
    _end(main, name, "closed", event_id=event_id, yes=yes, as_json=as_json)


@app.command("delete")
def delete_settlement(
    main: MainArgument,
    name: NameArgument,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Takes a settlement off the list. A draft is closed by it; one that runs has to be closed before."""
    _end(main, name, "deleted", event_id=event_id, yes=yes, as_json=as_json)


def _end(main: str, name: str, what: str, *, event_id: str | None, yes: bool, as_json: bool) -> None:
    with opened() as runtime:
        question = _released(runtime, main, f"settlement {name} is {what}")
        data = {"settlement": name}
        _send(runtime, main, name, what, data, event_id=event_id, yes=yes, question=question, as_json=as_json)


def _send(
    runtime: Runtime,
    main: str,
    name: str,
    what: str,
    data: dict[str, Any],
    *,
    event_id: str | None,
    yes: bool,
    question: Question,
    as_json: bool,
) -> None:
    confirm_and_send(
        runtime, main, f"unified_settlement_{what}", data, event_id=event_id, yes=yes, question=question
    )
    _print(runtime, main, name, limit=0, as_json=as_json)


def _print(runtime: Runtime, main: str, name: str, *, limit: int, after: int = 0, as_json: bool) -> None:
    from interfaces.cli.render.unified_settlement import position_object, print_position
    from settlement.operations.reports.unified_settlements import read_position

    found = read_position(
        runtime.store, main, name, at=runtime.as_of(), policy=runtime.policy, limit=limit, after=after
    )
    if as_json:
        print_json(position_object(found))
        return
    print_position(found, runtime.policy.zone)
    print_next(None if found.next_line is None else str(found.next_line))


def _nothing(_: Preview) -> str | None:
    """No money moves."""


def _released(runtime: Runtime, main: str, what: str) -> Question:
    from settlement.queries import accounts as views

    with runtime.store.transaction() as tx:
        return write_off_question(what, views.account(tx, main).currency)


def _listed(
    name: str, account: list[str] | None, accounts: Path | None, cycle: list[Any] | None
) -> dict[str, Any]:
    names = [*(account or ()), *(_lines_of(accounts) if accounts is not None else ())]
    if not names or not cycle:
        raise typer.BadParameter("name the accounts, --account or --accounts FILE, and the months, --cycle")
    return {"settlement": name, "accounts": names, "cycles": [cycle_text(found) for found in cycle]}


def _lines_of(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
