"""`settle senders`: who may send what, by whichever door. Rule: R12.1."""

from __future__ import annotations

from typing import Annotated

import typer

from interfaces.cli.render.output import JsonOption, LimitOption, print_json, print_page
from interfaces.cli.session import opened, reading
from interfaces.fields.field import as_object
from interfaces.fields.senders import SENDERS

app = typer.Typer(help="Senders: who may send what.", no_args_is_help=True)

SourceArgument = Annotated[str, typer.Argument(metavar="SOURCE", help="What its events say in `source`.")]


@app.command("add")
def add_sender(
    source: SourceArgument,
    types: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="May send this type; repeat for more.")
    ] = None,
    accounts: Annotated[
        list[str] | None,
        typer.Option(
            "--account", metavar="NAME", help="May name this account; crm-* means all that begin so."
        ),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            "--role", metavar="ROLE", help="The database role by which it inserts, and nobody else."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Makes a source known, or changes what it may send. Without --type and --account it may send everything."""
    from settlement.operations.inbox.senders import register_sender
    from settlement.queries.programs import senders

    with opened() as runtime:
        register_sender(
            runtime.store, source, event_types=types or None, accounts=accounts or None, role=role
        )
        with runtime.store.transaction() as tx:
            found = senders.sender(tx, source)
    if as_json:
        print_json(as_object(SENDERS, found))
        return
    what = "everything" if types is None else ", ".join(types)
    about = "every account" if accounts is None else ", ".join(accounts)
    print(f"source {source} may send {what} about {about}; `settle keys create {source}` makes a key for it")


@app.command("list")
def list_senders(
    limit: LimitOption = 50,
    after: Annotated[str | None, typer.Option(metavar="SOURCE", help="Continue after this one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Known senders. A source that is not among them may send everything, but not by HTTP."""
    from settlement.queries.programs import senders

    with reading() as read:
        found = senders.senders(read.tx, limit=limit + 1, after=after)
    print_page("senders", SENDERS, found, read.zone, limit=limit, as_json=as_json)


@app.command("end")
def end_sender(source: SourceArgument) -> None:
    """From now on the source may send nothing, by whichever door; its keys open nothing."""
    from settlement.operations.inbox import senders

    with opened() as runtime:
        senders.end_sender(runtime.store, source)
    print(f"source {source} may send nothing any more; `settle senders add {source}` opens it again")
