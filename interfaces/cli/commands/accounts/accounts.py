"""`settle accounts`: who pays, what they hold, what keeps them from paying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.commands.accounts import accounts_import
from interfaces.cli.render.figures import digits
from interfaces.cli.render.output import Column, JsonOption, LimitOption, print_json, print_next, print_table
from interfaces.cli.session import opened
from interfaces.cli.single_event import AccountArgument, EventIdOption, tell

if TYPE_CHECKING:
    from settlement.queries.accounts import AccountView
    from worker.runtime import Runtime

accounts_app = typer.Typer(help="Accounts: import, list, show, watch.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds `accounts`."""
    accounts_import.register(accounts_app)
    app.add_typer(accounts_app, name="accounts")


@accounts_app.command("list")
def list_accounts(
    currency: Annotated[str | None, typer.Option(help="Only those kept in this currency.")] = None,
    limit: LimitOption = 50,
    after: Annotated[str | None, typer.Option(metavar="ACCOUNT", help="Go on after this account.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Accounts in the order in which they were opened. Available credit = cash + limit - frozen."""
    from interfaces.cli.render.account import account_json
    from settlement.queries import accounts

    with opened() as runtime, runtime.store.transaction() as tx:
        found = accounts.accounts(tx, limit=limit + 1, after=after, currency=currency)
        policy = runtime.policy
    page = found[:limit]
    cursor = page[-1].external_id if len(found) > limit else None
    if as_json:
        print_json({"accounts": [account_json(account, policy) for account in page], "next": cursor})
        return
    figures = ("cash", "limit", "frozen", "available credit", "outstanding", "headroom")
    columns = (
        Column("account"), Column("name"), Column("currency"), *(Column(name, right=True) for name in figures),
        Column("state"),
    )  # fmt: skip
    print_table(columns, [_row(account, runtime) for account in page])
    print_next(cursor)


def _row(account: AccountView, runtime: Runtime) -> tuple[str, ...]:
    from interfaces.cli.render.account import state_text
    from settlement.operations.reports.credit import available_credit, headroom_minor

    credit = available_credit(account, runtime.policy)
    amounts = (
        credit.cash_minor, credit.credit_limit_minor, credit.frozen_minor, credit.minor, account.outstanding_minor,
        headroom_minor(account, credit),
    )  # fmt: skip
    return (
        account.external_id,
        account.name or "-",
        account.currency,
        *(digits(minor, account.currency) for minor in amounts),
        state_text(account),
    )


@accounts_app.command("show")
def show_account(account: AccountArgument, as_json: JsonOption = False) -> None:
    """One account with its credit, due dates, terms, holds, cards, coupons and refunds."""
    from interfaces.cli.render.account import print_account, read_account, shown_json

    with opened() as runtime:
        now, policy = runtime.now(), runtime.policy
        with runtime.store.transaction() as tx:
            found = read_account(tx, account)
    if as_json:
        print_json(shown_json(found, now, policy))
    else:
        print_account(found, now, policy)


@accounts_app.command("watch")
def watch_account(
    account: AccountArgument,
    below: Annotated[
        str | None,
        typer.Option(metavar="AMOUNT", help="Tell when available credit falls below it, like 100.00."),
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="Watch it no more.")] = False,
    event_id: EventIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Has available credit watched: `account.low_credit` is announced when it falls below the line, or ends that."""
    from interfaces.cli.render.account import account_json
    from settlement.operations.reports.credit import available_credit
    from settlement.queries import accounts

    if (below is not None) == end:
        raise typer.BadParameter("say below which amount, --below AMOUNT, or --end")
    with opened() as runtime:
        with runtime.store.transaction() as tx:
            currency = accounts.account(tx, account).currency
        data: dict[str, Any] = (
            {"low_credit_watch": False} if end else {"low_credit_line": below, "currency": currency}
        )
        tell(runtime, account, "account_changed", data, event_id=event_id)
        with runtime.store.transaction() as tx:
            found = accounts.account(tx, account)
        policy = runtime.policy
    if as_json:
        print_json(account_json(found, policy))
        return
    credit = available_credit(found, policy)
    stands = f"available credit is {digits(credit.minor, currency)} {currency}"
    if found.low_credit_line_minor is None:
        print(f"account {account} is not watched; its {stands}")
    else:
        line = f"{digits(found.low_credit_line_minor, currency)} {currency}"
        low = "below it: announced" if found.low_credit_since is not None else "not below it"
        print(f"account {account} is watched against {line}; its {stands}, {low}")
