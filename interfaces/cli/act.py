"""An act of a person, which is one event underneath: shown and confirmed where money moves, booked, and what it left.

Which command books which event stands in one place with the resources of the HTTP API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interfaces.cli.confirmed_event import confirm_and_send, write_off_question
from interfaces.cli.render.output import print_facts, print_json
from interfaces.cli.session import opened
from interfaces.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable

    from worker.runtime import Runtime

EVENT_OF = {one.command: one.event for one in RESOURCES}
COMMAND_OF = {one.event: one.command for one in RESOURCES}


def act(
    command: str,
    account: str,
    data: Callable[[str], dict[str, Any]],
    what: str,
    *,
    moves_money: bool = True,
    event_id: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Does what the command's event asks for, with `data` made for the account's currency, and prints the account.

    `what` is done, as a question begins; it `moves_money` by itself, or only by the write-off that follows.

    Raises:
        NotFound, Refused, CommandFailed: as `confirm_and_send`.
    """
    from settlement.queries import accounts

    with opened() as runtime:
        with runtime.store.transaction() as tx:
            currency = accounts.account(tx, account).currency
        confirm_and_send(
            runtime, account, EVENT_OF[command], data(currency), event_id=event_id, yes=yes,
            question=write_off_question(what, currency, always=moves_money),
        )  # fmt: skip
        print_outcome(runtime, account, what, as_json=as_json)


def print_outcome(runtime: Runtime, account: str, what: str, *, as_json: bool) -> None:
    """What was done, and the account's figures now."""
    from interfaces.fields.accounts import account_fields, state_text
    from interfaces.fields.field import as_object
    from interfaces.fields.values import amount_text, counted
    from settlement.operations.reports.credit import available_credit
    from settlement.queries import accounts

    with runtime.store.transaction() as tx:
        found = accounts.account(tx, account)
    if as_json:
        print_json(as_object(account_fields(runtime.policy), found))
        return
    available = available_credit(found, runtime.policy).minor
    outstanding = amount_text(found.outstanding_minor, found.currency)
    print_facts(
        [
            ("done", what), ("account", account), ("state", state_text(found)),
            ("available credit", amount_text(available, found.currency)),
            ("outstanding", f"{outstanding} on {counted(found.unsettled_bills, 'bill')}"),
        ]
    )  # fmt: skip
