"""`settle transfer` and `settle pull-back`: money between a main account and its members. Rule: R9.2."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.confirmation import YesOption
from interfaces.cli.confirmed_event import charge_clauses, confirm_and_send, paid_text
from interfaces.cli.render.output import JsonOption, print_facts, print_json
from interfaces.cli.session import opened
from interfaces.cli.single_event import EventIdOption
from interfaces.fields.values import Json, amount_text, money
from settlement.model.money import decimal_text, parse_amount

if TYPE_CHECKING:
    from settlement.operations.inbox.preview import Preview
    from settlement.queries.accounts import AccountView
    from settlement.queries.relationships import Membership
    from worker.runtime import Runtime

MainArgument = Annotated[str, typer.Argument(metavar="MAIN", help="The main account.")]
MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="Its member account.")]
AmountArgument = Annotated[str, typer.Argument(metavar="AMOUNT", help="Decimal, like 50.00.")]


def transfer(
    main: MainArgument,
    member: MemberArgument,
    amount: AmountArgument,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Sends money from a main account to its member. It pays the member's oldest unsettled bills if the switch is on.

    At most what did not come to the main account by transfer and is neither frozen nor set aside, within its available
    credit; nothing while it has overdue bills.
    """
    _move(
        main, member, amount, sender=main, receiver=member, event_type="transfer",
        event_id=event_id, yes=yes, as_json=as_json,
    )  # fmt: skip


def pull_back(
    main: MainArgument,
    member: MemberArgument,
    amount: AmountArgument,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Takes back what a member was sent and has not spent."""
    _move(
        main, member, amount, sender=member, receiver=main, event_type="transfer_pulled_back",
        event_id=event_id, yes=yes, as_json=as_json,
    )  # fmt: skip


def _move(
    main: str,
    member: str,
    amount: str,
    *,
    sender: str,
    receiver: str,
    event_type: str,
    event_id: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    from settlement.queries import accounts

    with opened() as runtime:
        with runtime.store.transaction() as tx:
            currency = accounts.account(tx, receiver).currency
            accounts.account(tx, sender)
        minor = parse_amount(amount, currency)
        data: dict[str, Any] = {
            "amount": decimal_text(minor, currency), "currency": currency, "from_account": sender,
        }  # fmt: skip
        confirm_and_send(
            runtime, receiver, event_type, data, event_id=event_id, yes=yes,
            question=_question(f"{amount_text(minor, currency)} will move from {sender} to {receiver}", currency),
        )  # fmt: skip
        balances = _balances(runtime, main, member)
    if as_json:
        print_json(
            {
                "from_account": sender,
                "to_account": receiver,
                "amount": money(minor, currency),
                **balances.json(),
            }
        )
        return
    print_facts([("moved", f"{amount_text(minor, currency)} from {sender} to {receiver}"), *balances.facts()])


def _question(move: str, currency: str) -> Callable[[Preview], str | None]:
    def question(preview: Preview) -> str:
        repaid = preview.repaid
        pays = [f"at once it pays {paid_text(repaid, currency)}"] if repaid.minor else []
        return "; ".join([move, *pays, *charge_clauses(preview, currency)])

    return question


class _Balances:
    """What both accounts hold afterwards."""

    def __init__(self, main: AccountView, member: AccountView, tie: Membership) -> None:
        self._main, self._member, self._tie = main, member, tie

    def json(self) -> dict[str, Json]:
        currency = self._member.currency
        return {
            "main": self._main.external_id,
            "main_cash": money(self._main.cash_minor, currency),
            "member": self._member.external_id,
            "member_cash": money(self._member.cash_minor, currency),
            "member_received": money(self._tie.transferred_in_minor, currency),
            "member_returnable": money(self._tie.returnable_minor, currency),
        }

    def facts(self) -> list[tuple[str, str]]:
        currency = self._member.currency
        back = amount_text(self._tie.returnable_minor, currency)
        return [
            (f"cash of {self._main.external_id}", amount_text(self._main.cash_minor, currency)),
            (
                f"cash of {self._member.external_id}",
                f"{amount_text(self._member.cash_minor, currency)}, {back} may come back",
            ),
        ]


def _balances(runtime: Runtime, main: str, member: str) -> _Balances:
    from settlement.queries import accounts, relationships

    with runtime.store.transaction() as tx:
        found = accounts.account(tx, member)
        return _Balances(accounts.account(tx, main), found, relationships.membership(tx, found.id))
