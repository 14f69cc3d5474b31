"""`settle accounts`: who pays, what they hold, what keeps them from paying."""

from __future__ import annotations

from datetime import tzinfo
from decimal import Decimal
from typing import Annotated

import typer

from settlement.model.cycle import cycle_text
from settlement.model.policy import Policy
from settlement.operations.unpark import unpark
from settlement.rules.credit import AvailableCredit, accruing_minor
from settlement.storage import views, views_collecting, views_refunds
from settlement.storage.views import AccountView, CardView, HoldView, RefundView
from settlement.storage.views_collecting import CollectingView
from worker.cli import accounts_import
from worker.cli.figures import Json, counted, instant, local, money, money_or_none, shown
from worker.cli.methods import method_json, print_methods
from worker.cli.nudging import nudge_events
from worker.cli.output import (
    Column,
    JsonOption,
    LimitOption,
    print_facts,
    print_heading,
    print_json,
    print_next,
    print_table,
    remark,
)
from worker.cli.refunds import print_refunds, refund_json
from worker.cli.session import opened

accounts_app = typer.Typer(help="Accounts: import, list, show, release from parking.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds `accounts`."""
    accounts_import.register(accounts_app)
    app.add_typer(accounts_app, name="accounts")


@accounts_app.command("list")
def list_accounts(
    parked: Annotated[
        bool, typer.Option("--parked", help="Only those whose figures did not add up.")
    ] = False,
    currency: Annotated[str | None, typer.Option(help="Only those kept in this currency.")] = None,
    limit: LimitOption = 50,
    after: Annotated[str | None, typer.Option(metavar="ACCOUNT", help="Go on after this account.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Accounts in the order in which they were opened."""
    with opened() as runtime, runtime.store.transaction() as tx:
        found = views.accounts(tx, limit=limit + 1, after=after, parked=parked, currency=currency)
        policy = runtime.policy
    page = found[:limit]
    cursor = page[-1].external_id if len(found) > limit else None
    if as_json:
        print_json({"accounts": [account_json(account, policy) for account in page], "next": cursor})
        return
    columns = (
        Column("account"), Column("name"), Column("cash", right=True), Column("available credit", right=True),
        Column("outstanding", right=True), Column("state"),
    )  # fmt: skip
    print_table(columns, [_row(account, policy) for account in page])
    print_next(cursor)


@accounts_app.command("show")
def show_account(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The name it was opened under.")],
    as_json: JsonOption = False,
) -> None:
    """One account with its credit, holds, cards and refunds."""
    with opened() as runtime:
        policy = runtime.policy
        with runtime.store.transaction() as tx:
            found = views.account(tx, account)
            holds = views.holds(tx, found.id)
            cards = views.cards(tx, found.id)
            refunds = views.refunds(tx, found.id)
            methods = views_collecting.methods(tx, found.id)
            collecting = views_collecting.collecting(tx, found.id)
            on_their_way = views_refunds.on_their_way(tx, found.id)
        zone = policy.zone
    if as_json:
        print_json(
            {
                **account_json(found, policy),
                "holds": [_hold_json(hold) for hold in holds],
                "cards": [_card_json(card, found.currency) for card in cards],
                "refunds": [_refund_json(refund, found.currency) for refund in refunds],
                "on_its_way_back": [refund_json(row) for row in on_their_way],
                "methods": [method_json(row, found.currency) for row in methods],
                "collecting": None if collecting is None else _collecting_json(collecting, found.currency),
            }
        )
        return
    print_facts(_facts(found, policy))
    _print_parts(found, holds, cards, refunds, zone)
    if on_their_way:
        print_heading("on its way back to payment methods")
        print_refunds(on_their_way, zone)
    if methods:
        print_heading("payment methods")
        print_methods(methods, found.currency, zone)
    if collecting is not None:
        print_heading("collecting")
        print_facts(_collecting_facts(collecting, found.currency, zone))


@accounts_app.command("unpark")
def unpark_account(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The name it was opened under.")],
    as_json: JsonOption = False,
) -> None:
    """Lets a parked account take part again, after somebody looked at why its figures did not add up."""
    with opened() as runtime:
        events = unpark(runtime.store, account)
        nudge_events(runtime)
    if as_json:
        print_json({"account": account, "events_waiting_again": events})
        return
    print(f"account {account} takes part again; waiting again: {counted(events, 'event')}")
    remark("if its figures still do not add up, it is parked again with the reason")


def available_credit(account: AccountView, policy: Policy) -> AvailableCredit:
    """Available credit with its terms, as automatic write-off sees it. Rule: R1.5, R1.6."""
    frozen = account.frozen_minor
    if policy.freeze_accruing:
        frozen += sum(accruing_minor(total, Decimal(0), account.currency) for total in account.accruing)
    return AvailableCredit(account.cash_minor, account.credit_limit_minor, frozen)


def account_json(account: AccountView, policy: Policy) -> dict[str, Json]:
    """An account for programs."""
    credit = available_credit(account, policy)
    currency = account.currency
    return {
        "account": account.external_id,
        "name": account.name,
        "currency": currency,
        "cash": money(account.cash_minor, currency),
        "credit_limit": money(account.credit_limit_minor, currency),
        "frozen_by_operator": money(account.frozen_minor, currency),
        "frozen": money(credit.frozen_minor, currency),
        "available_credit": money(credit.minor, currency),
        "outstanding": money(account.outstanding_minor, currency),
        "headroom": money(credit.minor - account.outstanding_minor, currency),
        "unsettled_bills": account.unsettled_bills,
        "credit_control": account.credit_control,
        "auto_write_off": account.auto_write_off_enabled,
        "write_off_past_bills": account.write_off_past_bills,
        "opened_at": instant(account.opened_at),
        "parked_at": instant(account.parked_at),
        "parked_reason": account.parked_reason,
    }


def _row(account: AccountView, policy: Policy) -> tuple[str, ...]:
    return (
        account.external_id,
        account.name or "-",
        shown(account.cash_minor, account.currency),
        shown(available_credit(account, policy).minor, account.currency),
        shown(account.outstanding_minor, account.currency),
        _state(account),
    )


def _state(account: AccountView) -> str:
    if account.parked_at is not None:
        return "parked"
    return "open" if account.auto_write_off_enabled else "open, write-off off"


def _facts(account: AccountView, policy: Policy) -> list[tuple[str, str]]:
    credit, currency = available_credit(account, policy), account.currency
    facts = [
        ("account", account.external_id),
        ("name", account.name or "-"),
        ("state", _state(account)),
        ("opened", local(account.opened_at, policy.zone)),
        ("cash", shown(account.cash_minor, currency)),
        ("credit limit", shown(account.credit_limit_minor, currency)),
        (
            "frozen",
            f"{shown(credit.frozen_minor, currency)}, by operators {shown(account.frozen_minor, currency)}",
        ),
        ("available credit", shown(credit.minor, currency)),
        (
            "outstanding",
            f"{shown(account.outstanding_minor, currency)} on {counted(account.unsettled_bills, 'bill')}",
        ),
        ("headroom", shown(credit.minor - account.outstanding_minor, currency)),
        ("credit control", _yes(account.credit_control)),
        ("automatic write-off", _yes(account.auto_write_off_enabled)),
        ("refunds pay past bills", _yes(account.write_off_past_bills)),
    ]
    if account.parked_reason is not None:
        facts += [
            ("parked", local(account.parked_at, policy.zone)),
            ("because", account.parked_reason),
            ("then", f"look at `settle audit`, then `settle accounts unpark {account.external_id}`"),
        ]
    return facts


def _print_parts(
    account: AccountView,
    holds: list[HoldView],
    cards: list[CardView],
    refunds: list[RefundView],
    zone: tzinfo,
) -> None:
    if holds:
        print_heading("holds on automatic write-off")
        print_table(
            (Column("reason"), Column("reference"), Column("since")),
            [(hold.reason, hold.ref or "-", local(hold.held_at, zone)) for hold in holds],
        )
    if cards:
        print_heading("stored value cards")
        print_table(
            (
                Column("card"),
                Column("balance", right=True),
                Column("from"),
                Column("until"),
                Column("only for"),
            ),
            [
                (
                    card.external_id,
                    shown(card.balance_minor, account.currency),
                    local(card.valid_from, zone),
                    local(card.valid_until, zone),
                    ", ".join([*(card.products or ()), *(card.orders or ())]) or "-",
                )
                for card in cards
            ],
        )
    if refunds:
        print_heading("credit refunds")
        print_table(
            (Column("month"), Column("remaining", right=True), Column("granted")),
            [
                (
                    cycle_text(refund.cycle),
                    shown(refund.remaining_minor, account.currency),
                    local(refund.granted_at, zone),
                )
                for refund in refunds
            ],
        )


def _hold_json(hold: HoldView) -> Json:
    return {"reason": hold.reason, "ref": hold.ref, "held_at": instant(hold.held_at)}


def _card_json(card: CardView, currency: str) -> Json:
    return {
        "card": card.external_id,
        "balance": money(card.balance_minor, currency),
        "valid_from": instant(card.valid_from),
        "valid_until": instant(card.valid_until),
        "products": None if card.products is None else list(card.products),
        "orders": None if card.orders is None else list(card.orders),
    }


def _refund_json(refund: RefundView, currency: str) -> Json:
    return {
        "cycle": cycle_text(refund.cycle),
        "remaining": money(refund.remaining_minor, currency),
        "granted_at": instant(refund.granted_at),
    }


def _collecting_json(row: CollectingView, currency: str) -> Json:
    return {
        "uncollected": money(row.uncollected_minor, currency),
        "charged_at": money_or_none(row.threshold_minor, currency),
        "declining_since": instant(row.declining_since),
        "declined_for_good": row.hard,
        "next_step_at": instant(row.due_at),
    }


def _collecting_facts(row: CollectingView, currency: str, zone: tzinfo) -> list[tuple[str, str]]:
    facts = [
        ("not collected yet", shown(row.uncollected_minor, currency)),
        ("charged when it reaches", shown(row.threshold_minor, currency)),
    ]
    if row.declining_since is not None:
        again = "not tried again by itself" if row.hard else f"next step {local(row.due_at, zone)}"
        facts.append(("declining since", f"{local(row.declining_since, zone)}, {again}"))
    return facts


def _yes(value: bool) -> str:
    return "yes" if value else "no"
