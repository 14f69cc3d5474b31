"""`settle terms`: by when an account's bills are to be paid, contract period by contract period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.arguments import to_cycle, to_day
from interfaces.cli.render.output import JsonOption, print_json, print_rows, remark
from interfaces.cli.session import opened
from interfaces.cli.single_event import AccountArgument, EventIdOption, send_event
from interfaces.fields.field import as_objects
from interfaces.fields.terms import TERMS
from interfaces.fields.values import Json
from settlement.model.cycle import Cycle, cycle_of, cycle_text
from settlement.model.policies.policy import Policy
from settlement.model.terms import is_provisional
from settlement.rules.terms import DueDate, due_date, term_for

if TYPE_CHECKING:
    from settlement.queries.credit import TermView
    from worker.runtime import Runtime

app = typer.Typer(help="Payment terms: by when bills are to be paid.", no_args_is_help=True)


@app.command("list")
def list_terms(account: AccountArgument, as_json: JsonOption = False) -> None:
    """An account's payment terms, and when the bill of the open month will be due."""
    with opened() as runtime:
        _print(runtime, account, as_json=as_json)


@app.command("agree")
def agree_term(
    account: AccountArgument,
    from_cycle: Annotated[
        int,
        typer.Option(
            "--from", parser=to_cycle, metavar="YYYY-MM", help="The first month whose bill it is for."
        ),
    ],
    days: Annotated[
        int, typer.Option(min=0, max=365, help="From the day the settlement cycle's last bill is issued.")
    ],
    until: Annotated[
        int | None,
        typer.Option(parser=to_cycle, metavar="YYYY-MM", help="The last month; default: open end."),
    ] = None,
    quarterly: Annotated[
        bool, typer.Option("--quarterly", help="A quarter's bills are due together.")
    ] = False,
    business: Annotated[
        bool, typer.Option("--business", help="Count business days of --country instead of calendar days.")
    ] = False,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1, like CN, or DE-BY.")] = None,
    closing_day: Annotated[
        list[Any] | None,
        typer.Option(
            parser=to_day, metavar="YYYY-MM-DD", help="No business day for this customer; repeatable."
        ),
    ] = None,
    event_id: EventIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Agrees on a payment term. Bills that are issued already keep the one they were issued under."""
    from settlement.queries import accounts

    data: dict[str, Any] = {
        "from_cycle": cycle_text(from_cycle),
        "period_days": days,
        "settlement_cycle": "quarterly" if quarterly else "monthly",
        "day_kind": "business" if business else "calendar",
    }
    if until is not None:
        data["until_cycle"] = cycle_text(until)
    if country is not None:
        data["country"] = country
    if closing_day:
        data["closing_days"] = [day.isoformat() for day in closing_day]
    with opened() as runtime:
        send_event(runtime, account, "payment_term_agreed", data, event_id=event_id)
        _print(runtime, account, as_json=as_json)
        with runtime.store.transaction() as tx:
            on_credit_control = accounts.account(tx, account).credit_control
    if not on_credit_control:
        remark(f"account {account} is not on credit control; until it is, its bills have no due date")


def _print(runtime: Runtime, account: str, *, as_json: bool) -> None:
    from settlement.queries import accounts, credit

    with runtime.store.transaction() as tx:
        found = credit.terms(tx, accounts.account(tx, account).id)
    now, policy = runtime.as_of(), runtime.policy
    cycle = cycle_of(now, policy.zone)
    due = next_due(found, cycle, policy)
    if as_json:
        bill: Json = None if due is None else _bill_json(cycle, due)
        print_json({"account": account, "terms": as_objects(TERMS, found), "open_month": bill})
        return
    print_rows(TERMS, found, policy.zone)
    if due is not None:
        remark(f"the bill of {cycle_text(cycle)} will be due on {due_text(due)}")


def next_due(found: Sequence[TermView], cycle: Cycle, policy: Policy) -> DueDate | None:
    """When the bill of a month will be due by the terms as they stand; None where none holds for it."""
    term = term_for([row.term for row in found], cycle)
    return None if term is None else due_date(term, cycle, policy)


def due_text(due: DueDate) -> str:
    """The day for people, and why it may still change where it may."""
    return f"{due.day.isoformat()} ({due.rule})" if is_provisional(due.rule) else due.day.isoformat()


def _bill_json(cycle: Cycle, due: DueDate) -> Json:
    provisional = is_provisional(due.rule)
    return {
        "cycle": cycle_text(cycle),
        "due_on": due.day,
        "due_rule": due.rule,
        "due_provisional": provisional,
    }
