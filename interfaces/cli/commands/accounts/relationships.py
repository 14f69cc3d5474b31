"""`settle relationships`: which main account may pay for which member. Rule: R9.1."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from interfaces.cli.commands.payments.transfers import MainArgument, MemberArgument
from interfaces.cli.confirmation import YesOption
from interfaces.cli.confirmed_event import confirm_and_send, write_off_question
from interfaces.cli.render.output import (
    AfterOption,
    JsonOption,
    LimitOption,
    print_json,
    print_page,
    print_rows,
)
from interfaces.cli.session import opened, reading
from interfaces.cli.single_event import EventIdOption
from interfaces.fields.field import as_object
from interfaces.fields.relationships import RELATIONSHIPS
from settlement.model.relationships import RelationshipState

OPEN: tuple[RelationshipState, ...] = ("pending", "valid")

app = typer.Typer(help="Billing relationships: who may pay for whom.", no_args_is_help=True)


@app.command("list")
def list_relationships(
    account: Annotated[
        str | None, typer.Option(help="Only those of this account, main or member.")
    ] = None,
    ended: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    limit: LimitOption = 50,
    after: AfterOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Relationships in the order in which they were requested."""
    from settlement.queries import relationships

    with reading() as read:
        found = relationships.relationships(
            read.tx, limit=limit + 1, after=after, account=account, states=() if ended else OPEN
        )
    print_page("relationships", RELATIONSHIPS, found, read.zone, limit=limit, as_json=as_json)


@app.command("request")
def request(
    main: MainArgument, member: MemberArgument, event_id: EventIdOption = None, as_json: JsonOption = False
) -> None:
    """A main account asks a member to let it pay. It is pending until the member agrees."""
    _send(
        main, member, main, "relationship_requested", {"member": member}, event_id, yes=True, as_json=as_json
    )


@app.command("accept")
def accept(
    main: MainArgument, member: MemberArgument, event_id: EventIdOption = None, as_json: JsonOption = False
) -> None:
    """The member agrees: from now on its main account may send it money and pay its bills."""
    _send(main, member, member, "relationship_accepted", {"main": main}, event_id, yes=True, as_json=as_json)


@app.command("end")
def end(
    main: MainArgument,
    member: MemberArgument,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ends it. Bills of the member leave the settlements that list them, and its automatic write-off goes on."""
    _send(main, member, main, "relationship_ended", {"other": member}, event_id, yes=yes, as_json=as_json)


def _send(
    main: str,
    member: str,
    sender: str,
    event_type: str,
    data: dict[str, Any],
    event_id: str | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    from settlement.queries import accounts, relationships

    with opened() as runtime:
        with runtime.store.transaction() as tx:
            accounts.account(tx, main)
            currency = accounts.account(tx, member).currency
        confirm_and_send(
            runtime, sender, event_type, data, event_id=event_id, yes=yes,
            question=write_off_question(f"the relationship of {main} and {member} ends", currency),
        )  # fmt: skip
        with runtime.store.transaction() as tx:
            row = relationships.newest(tx, main, member)
        zone = runtime.policy.zone
    if as_json:
        print_json(as_object(RELATIONSHIPS, row))
    else:
        print_rows(RELATIONSHIPS, [row], zone)
