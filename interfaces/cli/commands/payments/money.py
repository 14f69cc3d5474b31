"""`settle top-up`, `refunds book`, `cards activate`, `products activate`: what comes to an account."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from interfaces.cli.act import act
from interfaces.cli.arguments import to_cycle, to_instant
from interfaces.cli.confirmation import YesOption
from interfaces.cli.render.output import JsonOption
from interfaces.cli.single_event import AccountArgument, EventIdOption, begins_at
from interfaces.fields.values import instant
from settlement.model.cycle import cycle_text

AmountArgument = Annotated[
    str, typer.Argument(metavar="AMOUNT", help="Decimal, like 50.00, in the account's currency.")
]


app = typer.Typer(help="Pay-as-you-go products: activate.", no_args_is_help=True)


class To(StrEnum):
    """What becomes of a refund."""

    CREDIT = "credit"
    CASH = "cash"
    ORIGINAL_METHOD = "original_method"


def top_up(
    account: AccountArgument,
    amount: AmountArgument,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Books money that was paid in from outside. It pays the account's oldest unsettled bills if its gate is open."""
    act(
        "top-up", account, lambda currency: {"amount": amount, "currency": currency},
        f"top-up of {amount} to {account}", event_id=event_id, yes=yes, as_json=as_json,
    )  # fmt: skip


def book_refund(
    account: AccountArgument,
    amount: AmountArgument,
    to: Annotated[
        To,
        typer.Option(help="credit pays bills of its month and later; original_method goes back to who paid."),
    ] = To.CREDIT,
    cycle: Annotated[
        int | None,
        typer.Option(parser=to_cycle, metavar="YYYY-MM", help="Of a credit refund; default: the open month."),
    ] = None,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Books a refund: as credit for bills, as cash, or back to the payment methods that were charged."""

    def data(currency: str) -> dict[str, Any]:
        of = {} if cycle is None else {"cycle": cycle_text(cycle)}
        return {"amount": amount, "currency": currency, "to": to.value, **of}

    act(
        "refunds book", account, data, f"refund of {amount} to {account} ({to.value.replace('_', ' ')})",
        event_id=event_id, yes=yes, as_json=as_json,
    )  # fmt: skip


def activate_card(
    account: AccountArgument,
    card: Annotated[str, typer.Argument(metavar="CARD", help="A name of its own within the account.")],
    amount: Annotated[str, typer.Option(help="Decimal, like 50.00, in the account's currency.")],
    until: Annotated[
        str, typer.Option(metavar="INSTANT", help="It is good up to, but not at, this instant.")
    ],
    since: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help="It is good from then on; default: now.")
    ] = None,
    product: Annotated[
        list[str] | None, typer.Option(help="It pays only for these; repeatable; default: all.")
    ] = None,
    order: Annotated[
        list[str] | None, typer.Option(help="It pays only for these orders; repeatable; default: all.")
    ] = None,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Activates a stored value card."""
    from interfaces.cli.session import opened

    with opened() as runtime:
        zone = runtime.policy.zone
        begins = begins_at(runtime, since, event_id)
    scope = {name: names for name, names in (("products", product), ("orders", order)) if names}
    act(
        "cards activate", account,
        lambda currency: {
            "card": card, "amount": amount, "currency": currency, "valid_from": begins,
            "valid_until": instant(to_instant(until, zone)), **scope,
        },
        f"card {card} with {amount} for {account}", event_id=event_id, yes=yes, as_json=as_json,
    )  # fmt: skip


@app.command("activate")
def activate_product(
    account: AccountArgument,
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="Like compute.")],
    event_id: EventIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Activates a pay-as-you-go product. A PayPal account that is not verified yet is checked first."""
    act(
        "products activate", account, lambda _: {"product": product}, f"product {product} of {account}",
        moves_money=False, event_id=event_id, yes=True, as_json=as_json,
    )  # fmt: skip
