"""`settle accounts`: who pays, what they hold, what keeps them from paying."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from interfaces.cli.commands.accounts import changes
from interfaces.cli.commands.accounts.accounts_import import import_accounts
from interfaces.cli.render.output import JsonOption, LimitOption, print_json, print_page
from interfaces.cli.session import opened, reading
from interfaces.cli.single_event import AccountArgument, EventIdOption, send_event
from interfaces.fields.accounts import account_fields
from interfaces.fields.field import as_object
from interfaces.fields.values import digits

app = typer.Typer(help="Accounts: open, import, list, show, set, hold, release, watch.", no_args_is_help=True)
app.command("open")(changes.open_account)
app.command("import")(import_accounts)
app.command("set")(changes.set_account)
app.command("hold")(changes.hold_account)
app.command("release")(changes.release_account)


@app.command("list")
def list_accounts(
    currency: Annotated[str | None, typer.Option(help="Only those kept in this currency.")] = None,
    limit: LimitOption = 50,
    after: Annotated[str | None, typer.Option(metavar="ACCOUNT", help="Continue after this account.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Accounts in the order in which they were opened. Available credit = cash + limit - frozen."""
    from settlement.queries import accounts

    with reading() as read:
        found = accounts.accounts(read.tx, limit=limit + 1, after=after, currency=currency)
    print_page("accounts", account_fields(read.policy), found, read.zone, limit=limit, as_json=as_json)


@app.command("show")
def show_account(account: AccountArgument, as_json: JsonOption = False) -> None:
    """One account with its credit, due dates, terms, holds, cards, coupons and refunds."""
    from interfaces.cli.render.account import print_account
    from interfaces.objects.accounts import account_details, read_account

    with reading() as read:
        found = read_account(read.tx, account)
    if as_json:
        print_json(account_details(found, read.now, read.policy))
    else:
        print_account(found, read.now, read.policy)


@app.command("watch")
def watch_account(
    account: AccountArgument,
    below: Annotated[
        str | None,
        typer.Option(metavar="AMOUNT", help="Announce when available credit falls below it, like 100.00."),
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="Watch it no more.")] = False,
    event_id: EventIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Has available credit watched: `account.low_credit` is announced when it falls below the line, or ends that."""
    from settlement.operations.reports.credit import available_credit
    from settlement.queries import accounts

    if (below is not None) == end:
        raise typer.BadParameter("give an amount, --below AMOUNT, or --end")
    with opened() as runtime:
        with runtime.store.transaction() as tx:
            currency = accounts.account(tx, account).currency
        data: dict[str, Any] = (
            {"low_credit_watch": False} if end else {"low_credit_line": below, "currency": currency}
        )
        send_event(runtime, account, "account_changed", data, event_id=event_id)
        with runtime.store.transaction() as tx:
            found = accounts.account(tx, account)
        policy = runtime.policy
    if as_json:
        print_json(as_object(account_fields(policy), found))
        return
    credit = available_credit(found, policy)
    stands = f"available credit is {digits(credit.minor, currency)} {currency}"
    if found.low_credit_line_minor is None:
        print(f"account {account} is not watched; its {stands}")
    else:
        line = f"{digits(found.low_credit_line_minor, currency)} {currency}"
        low = "below it: announced" if found.low_credit_since is not None else "not below it"
        print(f"account {account} is watched against {line}; its {stands}, {low}")
