"""`settle accounts open`, `set`, `hold` and `release`: what an account is kept by."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from interfaces.cli.act import EVENT_OF, act, print_outcome
from interfaces.cli.confirmation import YesOption
from interfaces.cli.render.output import JsonOption
from interfaces.cli.session import opened
from interfaces.cli.single_event import AccountArgument, EventIdOption, send_event

Amount = Annotated[str | None, typer.Option(metavar="AMOUNT", help="Decimal, like 1000.00.")]
Reason = Annotated[str, typer.Argument(metavar="REASON", help="Why, like dispute.")]
Ref = Annotated[str, typer.Option(metavar="TEXT", help="What it is about, like case-12.")]
AMOUNTS = ("credit_limit", "frozen_amount", "low_credit_line")


def open_account(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its name, from now on and for ever.")],
    currency: Annotated[str, typer.Option(help="ISO 4217, like USD.")],
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    credit_control: Annotated[
        bool, typer.Option("--credit-control", help="It pays by due dates and is not charged by itself.")
    ] = False,
    credit_limit: Annotated[str, typer.Option(metavar="AMOUNT", help="Opens the gate, never pays.")] = "0",
    auto_write_off: Annotated[bool, typer.Option(help="The switch.")] = True,
    write_off_past_bills: Annotated[
        bool, typer.Option("--write-off-past-bills", help="Credit refunds pay earlier bills too.")
    ] = False,
    opening_cash: Annotated[str, typer.Option(metavar="AMOUNT", help="Cash it comes with.")] = "0",
    event_id: EventIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Opens an account."""
    data: dict[str, Any] = {
        "currency": currency, "name": name, "credit_control": credit_control, "credit_limit": credit_limit,
        "auto_write_off": auto_write_off, "write_off_past_bills": write_off_past_bills,
        "opening_cash": opening_cash,
    }  # fmt: skip
    with opened() as runtime:
        send_event(runtime, account, EVENT_OF["accounts open"], data, event_id=event_id)
        print_outcome(runtime, account, "opened", as_json=as_json)


def set_account(
    account: AccountArgument,
    auto_write_off: Annotated[bool | None, typer.Option(help="The switch.")] = None,
    write_off_past_bills: Annotated[
        bool | None, typer.Option(help="Credit refunds pay earlier bills too.")
    ] = None,
    credit_control: Annotated[
        bool | None, typer.Option(help="It pays by due dates and is not charged by itself.")
    ] = None,
    credit_limit: Amount = None,
    frozen_amount: Amount = None,
    low_credit_line: Amount = None,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Sets switches, credit limit, frozen amount and the line below which credit is low. What is not named stays."""
    given = {
        "auto_write_off": auto_write_off, "write_off_past_bills": write_off_past_bills,
        "credit_control": credit_control, "credit_limit": credit_limit, "frozen_amount": frozen_amount,
        "low_credit_line": low_credit_line,
    }  # fmt: skip
    values = {name: value for name, value in given.items() if value is not None}
    if not values:
        raise typer.BadParameter("name what is to be set")

    def data(currency: str) -> dict[str, Any]:
        return {**values, "currency": currency} if any(name in values for name in AMOUNTS) else values

    act(
        "accounts set", account, data, f"account {account} is set",
        moves_money=False, event_id=event_id, yes=yes, as_json=as_json,
    )  # fmt: skip


def hold_account(
    account: AccountArgument,
    reason: Reason,
    ref: Ref = "",
    event_id: EventIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Holds automatic write-off. Holds are counted: each is released by its own reason and reference."""
    act(
        "accounts set", account, lambda _: {"hold": {"reason": reason, "ref": ref}},
        f"automatic write-off of {account} is on hold: {reason}",
        moves_money=False, event_id=event_id, yes=True, as_json=as_json,
    )  # fmt: skip


def release_account(
    account: AccountArgument,
    reason: Reason,
    ref: Ref = "",
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Releases a hold. Where none is left, automatic write-off follows; what it would pay is confirmed first."""
    act(
        "accounts set", account, lambda _: {"release": {"reason": reason, "ref": ref}},
        f"the hold {reason} of {account} is released",
        moves_money=False, event_id=event_id, yes=yes, as_json=as_json,
    )  # fmt: skip
