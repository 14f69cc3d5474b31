"""`settle coupons`: what comes off an account's bills when they are issued."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import to_instant
from interfaces.cli.render.figures import Json, instant, local, money, shown
from interfaces.cli.render.output import Column, JsonOption, print_json, print_table
from interfaces.cli.render.validity import validity
from interfaces.cli.session import opened
from interfaces.cli.single_event import AccountArgument, EventIdOption, tell

if TYPE_CHECKING:
    from settlement.queries.funds import CouponView
    from worker.runtime import Runtime

coupons_app = typer.Typer(help="Coupons: they come off bills when these are issued.", no_args_is_help=True)


class Kind(StrEnum):
    """How a coupon is used."""

    AMOUNT_OFF = "amount_off"
    SINGLE_USE = "single_use"


def register(app: typer.Typer) -> None:
    """Adds `coupons`."""
    app.add_typer(coupons_app, name="coupons")


@coupons_app.command("list")
def list_coupons(
    account: AccountArgument,
    used_up: Annotated[bool, typer.Option("--all", help="Also those used up or expired.")] = False,
    as_json: JsonOption = False,
) -> None:
    """An account's coupons with what is left of them, in the order in which they are used."""
    with opened() as runtime:
        _print(runtime, account, used_up=used_up, as_json=as_json)


@coupons_app.command("grant")
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
    """Grants a coupon; bills issued from then on are lower by it. Repeated with its key, it needs --from too."""
    from settlement.queries import accounts

    with opened() as runtime:
        zone = runtime.policy.zone
        with runtime.store.transaction() as tx:
            currency = accounts.account(tx, account).currency
        begins = runtime.now() if since is None else to_instant(since, zone)
        data = {
            "coupon": coupon, "kind": kind.value, "amount": amount, "currency": currency,
            "valid_from": instant(begins), "valid_until": instant(to_instant(until, zone)),
        }  # fmt: skip
        tell(runtime, account, "coupon_granted", data, event_id=event_id)
        _print(runtime, account, used_up=False, as_json=as_json)


def _print(runtime: Runtime, account: str, *, used_up: bool, as_json: bool) -> None:
    from settlement.queries import accounts, funds

    with runtime.store.transaction() as tx:
        found = accounts.account(tx, account)
        coupons = funds.coupons(tx, found.id, used_up=used_up)
    now = runtime.now()
    if as_json:
        rows = [coupon_json(row, found.currency, now) for row in coupons]
        print_json({"account": account, "coupons": rows})
        return
    print_coupons(coupons, found.currency, now, runtime.policy.zone)


def print_coupons(coupons: Sequence[CouponView], currency: str, now: datetime, zone: tzinfo) -> None:
    """A table of coupons."""
    columns = (
        Column("coupon"), Column("kind"), Column("left", right=True), Column("from"), Column("until"), Column("state"),
    )  # fmt: skip
    print_table(
        columns,
        [
            (
                row.external_id, row.kind.replace("_", " "), shown(row.balance_minor, currency),
                local(row.valid_from, zone), local(row.valid_until, zone),
                validity(row.balance_minor, row.valid_from, row.valid_until, now),
            )
            for row in coupons
        ],
    )  # fmt: skip


def coupon_json(row: CouponView, currency: str, now: datetime) -> dict[str, Json]:
    """A coupon for programs."""
    return {
        "coupon": row.external_id,
        "kind": row.kind,
        "balance": money(row.balance_minor, currency),
        "valid_from": instant(row.valid_from),
        "valid_until": instant(row.valid_until),
        "state": validity(row.balance_minor, row.valid_from, row.valid_until, now),
        "granted_at": instant(row.granted_at),
    }
