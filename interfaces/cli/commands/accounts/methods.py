"""`settle methods`: what an account is charged by. Gateways' tokens, never card numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.render.output import JsonOption, LimitOption, print_json, print_rows, remark
from interfaces.cli.session import opened, reading
from interfaces.cli.single_event import AccountArgument, EventIdOption, send_event
from interfaces.fields.field import as_objects
from interfaces.fields.methods import METHODS, PRE_AUTHORIZATIONS

if TYPE_CHECKING:
    from worker.runtime import Runtime

app = typer.Typer(help="Payment methods: list, add, default, verify, holds, remove.", no_args_is_help=True)

MethodArgument = Annotated[str, typer.Argument(metavar="METHOD", help="The name it was added under.")]


@app.command("list")
def list_methods(
    account: AccountArgument,
    removed: Annotated[bool, typer.Option("--removed", help="Also those that were removed.")] = False,
    as_json: JsonOption = False,
) -> None:
    """An account's payment methods, the default one first."""
    with opened() as runtime:
        _print(runtime, account, removed=removed, as_json=as_json)


@app.command("add")
def add_method(  # noqa: PLR0913, PLR0917 - one option per field of the event
    account: AccountArgument,
    method: MethodArgument,
    kind: Annotated[str, typer.Option(help="bank_card, paypal or bank_transfer.")],
    gateway: Annotated[
        str | None, typer.Option(help="stripe, paypal or sandbox; none for a transfer.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="The gateway's token of the method, like pm_...; never a card number.")
    ] = None,
    customer: Annotated[
        str | None, typer.Option(help="The gateway's token of the customer, like cus_...")
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option(metavar="AMOUNT", help="For PayPal: charged when fees reach it, like 200.00."),
    ] = None,
    currency: Annotated[str | None, typer.Option(help="The threshold's, like USD.")] = None,
    default: Annotated[
        bool, typer.Option("--default/--no-default", help="Is it the one that is charged.")
    ] = True,
    event_id: EventIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Adds a payment method; the first one of an account is its default in any case."""
    data: dict[str, Any] = {
        "method": method, "kind": kind, "gateway": gateway, "method_token": token, "customer_token": customer,
        "threshold": threshold, "currency": currency, "make_default": default,
    }  # fmt: skip
    given = {name: value for name, value in data.items() if value is not None}
    _send(account, "payment_method_added", given, event_id, as_json=as_json)


@app.command("default")
def default_method(
    account: AccountArgument,
    method: MethodArgument,
    event_id: EventIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Makes a method the one that is charged. What was declined is tried with it at once."""
    _send(account, "payment_method_default", {"method": method}, event_id, as_json=as_json)


@app.command("verify")
def verify_method(
    account: AccountArgument,
    method: MethodArgument,
    event_id: EventIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Holds a small amount and lets it go; the method is verified or not when the gateway has answered."""
    _send(account, "payment_method_verify", {"method": method}, event_id, as_json=as_json)
    remark("a worker of the queue collection, or `settle charges run`, asks the gateway now")


@app.command("remove")
def remove_method(
    account: AccountArgument,
    method: MethodArgument,
    event_id: EventIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Removes a method: it is never charged again. A charge under way ends as it ends."""
    _send(account, "payment_method_removed", {"method": method}, event_id, as_json=as_json)


@app.command("holds")
def list_holds(limit: LimitOption = 50, as_json: JsonOption = False) -> None:
    """Amounts held to check a method that are not let go yet, or of which nobody knows, the oldest first."""
    from settlement.queries import methods as queries

    with reading() as read:
        found = queries.pre_authorizations(read.tx, limit=limit)
    if as_json:
        print_json({"holds": as_objects(PRE_AUTHORIZATIONS, found)})
        return
    print_rows(PRE_AUTHORIZATIONS, found, read.zone)
    if any(row.state == "unknown" for row in found):
        remark(
            "one in doubt can be looked up at its gateway by its reference and let go there; it is over then"
        )


def _send(
    account: str, event_type: str, data: dict[str, Any], event_id: str | None, *, as_json: bool
) -> None:
    with opened() as runtime:
        send_event(runtime, account, event_type, data, event_id=event_id)
        _print(runtime, account, removed=False, as_json=as_json)


def _print(runtime: Runtime, account: str, *, removed: bool, as_json: bool) -> None:
    from settlement.queries import accounts
    from settlement.queries import methods as queries

    with runtime.store.transaction() as tx:
        found = queries.methods(tx, accounts.account(tx, account).id, removed=removed)
    if as_json:
        print_json({"account": account, "methods": as_objects(METHODS, found)})
        return
    print_rows(METHODS, found, runtime.policy.zone)
