"""`settle cards`: an account's stored value cards, what is left on them and until when."""

from __future__ import annotations

from typing import Annotated

import typer

from interfaces.cli.commands.payments import money
from interfaces.cli.render.output import JsonOption, print_json, print_rows
from interfaces.cli.session import reading
from interfaces.cli.single_event import AccountArgument
from interfaces.fields.field import as_objects
from interfaces.fields.funds import card_fields

app = typer.Typer(help="Stored value cards: what is left on them, until when.", no_args_is_help=True)
app.command("activate")(money.activate_card)


@app.command("list")
def list_cards(
    account: AccountArgument,
    used_up: Annotated[bool, typer.Option("--all", help="Also those used up or expired.")] = False,
    as_json: JsonOption = False,
) -> None:
    """An account's cards in the order in which they are spent: the one that expires first, first."""
    from settlement.queries import accounts, funds

    with reading() as read:
        cards = funds.cards(read.tx, accounts.account(read.tx, account).id, used_up=used_up)
    if as_json:
        print_json({"account": account, "cards": as_objects(card_fields(read.now), cards)})
        return
    print_rows(card_fields(read.now), cards, read.zone)
