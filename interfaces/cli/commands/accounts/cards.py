"""`settle cards`: an account's stored value cards, what is left on them and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.render.figures import Json, instant, local, money, shown
from interfaces.cli.render.output import Column, JsonOption, print_json, print_table
from interfaces.cli.render.validity import validity
from interfaces.cli.session import opened
from interfaces.cli.single_event import AccountArgument

if TYPE_CHECKING:
    from settlement.queries.funds import CardView

cards_app = typer.Typer(help="Stored value cards: what is left on them, until when.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds `cards`."""
    app.add_typer(cards_app, name="cards")


@cards_app.callback()
def _cards() -> None:
    """Stored value cards: what is left on them, until when."""


@cards_app.command("list")
def list_cards(
    account: AccountArgument,
    used_up: Annotated[bool, typer.Option("--all", help="Also those used up or expired.")] = False,
    as_json: JsonOption = False,
) -> None:
    """An account's cards in the order in which they are spent: the one that expires first, first."""
    from settlement.queries import accounts, funds

    with opened() as runtime:
        now, zone = runtime.now(), runtime.policy.zone
        with runtime.store.transaction() as tx:
            found = accounts.account(tx, account)
            cards = funds.cards(tx, found.id, used_up=used_up)
    if as_json:
        print_json({"account": account, "cards": [card_json(row, found.currency, now) for row in cards]})
        return
    print_cards(cards, found.currency, now, zone)


def print_cards(cards: Sequence[CardView], currency: str, now: datetime, zone: tzinfo) -> None:
    """A table of cards."""
    columns = (
        Column("card"), Column("left", right=True), Column("from"), Column("until"), Column("state"),
        Column("only for"),
    )  # fmt: skip
    print_table(
        columns,
        [
            (
                card.external_id, shown(card.balance_minor, currency), local(card.valid_from, zone),
                local(card.valid_until, zone),
                validity(card.balance_minor, card.valid_from, card.valid_until, now),
                ", ".join([*(card.products or ()), *(card.orders or ())]) or "-",
            )
            for card in cards
        ],
    )  # fmt: skip


def card_json(card: CardView, currency: str, now: datetime) -> dict[str, Json]:
    """A card for programs."""
    return {
        "card": card.external_id,
        "balance": money(card.balance_minor, currency),
        "valid_from": instant(card.valid_from),
        "valid_until": instant(card.valid_until),
        "state": validity(card.balance_minor, card.valid_from, card.valid_until, now),
        "products": None if card.products is None else list(card.products),
        "orders": None if card.orders is None else list(card.orders),
    }
