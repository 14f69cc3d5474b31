"""`settle coupons`: what comes off an account's bills when they are issued."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import to_instant
from interfaces.cli.render.output import JsonOption, print_json, print_rows
from interfaces.cli.session import opened
from interfaces.cli.single_event import AccountArgument, EventIdOption, begins_at, send_event
from interfaces.fields.field import as_objects
from interfaces.fields.funds import coupon_fields
from interfaces.fields.values import instant

if TYPE_CHECKING:
    from worker.runtime import Runtime

app = typer.Typer(help="Coupons: they come off bills when these are issued.", no_args_is_help=True)


class Kind(StrEnum):
    """How a coupon is used."""

    AMOUNT_OFF = "amount_off"
    SINGLE_USE = "single_use"


@app.command("list")
def list_coupons(
    account: AccountArgument,
    used_up: Annotated[bool, typer.Option("--all", help="Also those used up or expired.")] = False,
    as_json: JsonOption = False,
) -> None:
    """An account's coupons with what is left of them, in the order in which they are used."""
    with opened() as runtime:
        _print(runtime, account, used_up=used_up, as_json=as_json)


@app.command("grant")
def grant_coupon(
    account: AccountArgument,
    coupon: Annotated[str, typer.Argument(metavar="COUPON", help="A name of its own within the account.")],
    amount: Annotated[str, typer.Option(help="Decimal, like 50.00, in the account's currency.")],
    until: Annotated[
        str, typer.Option(metavar="INSTANT", help="It is good up to, but not at, this instant.")
    ],
    kind: Annotated[
        Kind,
        typer.Option(
            help="amount_off comes off until it is used up; single_use off one bill, the rest lapses."
        ),
    ] = Kind.AMOUNT_OFF,
    since: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help="It is good from then on; default: now.")
    ] = None,
    event_id: EventIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Grants a coupon; bills issued from then on are lower by it."""
    from settlement.queries import accounts

    with opened() as runtime:
        zone = runtime.policy.zone
        with runtime.store.transaction() as tx:
            currency = accounts.account(tx, account).currency
        data = {
            "coupon": coupon, "kind": kind.value, "amount": amount, "currency": currency,
            "valid_from": begins_at(runtime, since, event_id), "valid_until": instant(to_instant(until, zone)),
        }  # fmt: skip
        send_event(runtime, account, "coupon_granted", data, event_id=event_id)
        _print(runtime, account, used_up=False, as_json=as_json)


def _print(runtime: Runtime, account: str, *, used_up: bool, as_json: bool) -> None:
    from settlement.queries import accounts, funds

    with runtime.store.transaction() as tx:
        coupons = funds.coupons(tx, accounts.account(tx, account).id, used_up=used_up)
    fields = coupon_fields(runtime.now())
    if as_json:
        print_json({"account": account, "coupons": as_objects(fields, coupons)})
        return
    print_rows(fields, coupons, runtime.policy.zone)
