"""`settle pay` and `settle payments`: a bill paid by hand, from the balance and by a payment method. Rule: R8.*."""

from __future__ import annotations

import uuid
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from interfaces.cli.arguments import BillName, to_cycle
from interfaces.cli.confirmation import YesOption, confirm
from interfaces.cli.confirmed_event import confirm_and_send, write_off_question
from interfaces.cli.options import AccountOption, BillArgument, choice_option
from interfaces.cli.render.output import (
    AfterOption,
    JsonOption,
    LimitOption,
    print_facts,
    print_json,
    print_page,
    remark,
)
from interfaces.cli.session import opened, reading
from interfaces.cli.single_event import AccountArgument, EventIdOption, send_event, sent_before
from interfaces.fields.field import as_object
from interfaces.fields.payments import PAYMENTS
from interfaces.fields.values import amount_text, bill_name, local
from settlement.errors import Refused
from settlement.model.cycle import cycle_text
from settlement.model.money import decimal_text, parse_amount
from settlement.model.payments import PaymentState

if TYPE_CHECKING:
    from settlement.operations.inbox.preview import PaymentParts
    from settlement.queries.inbox import InboxView
    from settlement.queries.payments import PaymentView
    from worker.runtime import Runtime

STATES: tuple[PaymentState, ...] = get_args(PaymentState)
REQUESTED = "bill_payment_requested"

app = typer.Typer(help="Manual payments of bills: list, show, cancel.", no_args_is_help=True)

PaymentArgument = Annotated[
    str, typer.Argument(metavar="PAYMENT", help="Its name, from `settle payments list`.")
]


def pay_bill(
    bill: BillArgument,
    amount: Annotated[
        str | None, typer.Option(help="Decimal, like 50.00; default: all that is outstanding.")
    ] = None,
    from_balance: Annotated[
        str | None,
        typer.Option(
            metavar="AMOUNT", help="The part from the balance: refunds that may pay this bill, then cash."
        ),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(
            "--channel", "--method",
            help="What pays the rest: a payment method by its name, or balance; default: the one used last.",
        ),
    ] = None,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Pays a bill by hand. Shows what is taken from refunds, cash and the method, and asks before it is.

    While the method is charged, automatic write-off of the account is held; `settle payments show` tells how it went.
    """
    from settlement.queries import accounts, payments

    key = event_id or str(uuid.uuid4())
    with opened() as runtime:
        with runtime.store.transaction() as tx:
            currency = accounts.account(tx, bill.account).currency
        request: dict[str, Any] = {"payment": key, "cycle": cycle_text(bill.cycle), "currency": currency}
        given = {"amount": amount, "from_balance": from_balance, "channel": channel}
        request |= {name: value for name, value in given.items() if value is not None}
        known = sent_before(runtime, event_id)
        if known is None:
            request = _confirmed(runtime, bill, request, yes=yes)
        else:
            request = _as_before(known, bill.account, request)
            remark(f"key {key} was used before, for {_request_text(request, bill)}; nothing more is paid")
        send_event(runtime, bill.account, REQUESTED, request, event_id=key)
        with runtime.store.transaction() as tx:
            row = payments.payment(tx, bill.account, key)
        at, zone = runtime.as_of(), runtime.policy.zone
    _print(row, at, zone, as_json=as_json)


def _confirmed(runtime: Runtime, bill: BillName, request: dict[str, Any], *, yes: bool) -> dict[str, Any]:
    """The event with every figure in it, as it was shown and agreed to."""
    from settlement.operations.inbox.preview import preview_payment

    parts = preview_payment(runtime.store, bill.account, request, at=runtime.now(), policy=runtime.policy)
    currency = request["currency"]
    confirm(f"bill {bill}: {_parts_text(parts, currency)}", yes=yes)
    return {
        **request,
        "amount": decimal_text(parts.total_minor, currency),
        "from_balance": decimal_text(parts.balance_minor, currency),
        "channel": parts.channel,
    }


def _parts_text(parts: PaymentParts, currency: str) -> str:
    sources_minor = (
        ("credit refunds", parts.refunds_minor),
        ("cash", parts.cash_minor),
        (parts.channel, parts.channel_minor),
    )
    sources = ", ".join(
        f"{amount_text(minor, currency)} from {source}" for source, minor in sources_minor if minor
    )
    return f"{amount_text(parts.total_minor, currency)} will be paid: {sources}"


def _as_before(known: InboxView, account: str, request: dict[str, Any]) -> dict[str, Any]:
    """The event that was sent under this key, if it is what is requested now. What is left out counts as the same:
    the event carries the figures that were shown, and not which of them had been given.
    """
    before = known.data if isinstance(known.data, dict) else {}
    same = known.type == REQUESTED and known.account == account
    for name, value in request.items():
        earlier = before.get(name)
        if name in ("amount", "from_balance") and earlier is not None:
            same = same and _minor(value, request["currency"]) == _minor(earlier, request["currency"])
        else:
            same = same and earlier == value
    if not same:
        raise Refused("reused_id", f"key {known.event_id} was used for something else; take a new one")
    return before


def _request_text(before: dict[str, Any], bill: BillName) -> str:
    """What the key was used for, so that nobody takes it for what was left out or meant this time."""
    amount = amount_text(_minor(before["amount"], before["currency"]), before["currency"])
    balance = amount_text(_minor(before["from_balance"], before["currency"]), before["currency"])
    return f"{amount} of bill {bill}, {balance} of it from the balance, by {before['channel']}"


def _minor(text: str, currency: str) -> int:
    return 0 if not text.strip("0.") else parse_amount(text, currency)


@app.command("list")
def list_payments(
    account: AccountOption = None,
    cycle: Annotated[
        int | None, typer.Option(parser=to_cycle, metavar="YYYY-MM", help="Only those of bills of this month.")
    ] = None,
    state: Annotated[PaymentState | None, choice_option("Only in this state", STATES)] = None,
    limit: LimitOption = 50,
    after: AfterOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Manual payments, the newest first."""
    from settlement.queries import payments

    with reading() as read:
        found = payments.payments(
            read.tx, limit=limit + 1, after=after, account=account, cycle=cycle, state=state
        )
    print_page("payments", PAYMENTS, found, read.zone, limit=limit, as_json=as_json)


@app.command("show")
def show_payment(account: AccountArgument, payment: PaymentArgument, as_json: JsonOption = False) -> None:
    """One manual payment: what pays what, how far it is, and what happens next."""
    from settlement.queries import payments

    with opened() as runtime:
        at, zone = runtime.as_of(), runtime.policy.zone
        with runtime.store.transaction() as tx:
            row = payments.payment(tx, account, payment)
    _print(row, at, zone, as_json=as_json)


@app.command("cancel")
def cancel_payment(
    account: AccountArgument,
    payment: PaymentArgument,
    event_id: EventIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Gives up a payment that the gateway does not have, or that its payer does not confirm.

    Automatic write-off goes on; what it would pay at once is shown and asked about first.
    """
    from settlement.queries import payments

    with opened() as runtime:
        with runtime.store.transaction() as tx:
            currency = payments.payment(tx, account, payment).currency
        confirm_and_send(
            runtime, account, "bill_payment_cancelled", {"payment": payment}, event_id=event_id, yes=yes,
            question=write_off_question(f"payment {payment} is given up", currency),
        )  # fmt: skip
        with runtime.store.transaction() as tx:
            row = payments.payment(tx, account, payment)
        at, zone = runtime.as_of(), runtime.policy.zone
    _print(row, at, zone, as_json=as_json)


def _print(row: PaymentView, at: datetime, zone: tzinfo, *, as_json: bool) -> None:
    if as_json:
        print_json(as_object(PAYMENTS, row))
    else:
        print_facts(_facts(row, zone))
    if row.state == "running":
        remark(_next(row, at, zone))


def _facts(row: PaymentView, zone: tzinfo) -> list[tuple[str, str]]:
    facts = [
        ("payment", row.name),
        ("bill", bill_name(row.account, row.cycle)),
        ("amount", amount_text(row.total_minor, row.currency)),
        ("from balance", amount_text(row.balance_minor, row.currency)),
    ]
    if row.charge is not None:
        by_method = amount_text(row.total_minor - row.balance_minor, row.currency)
        facts += [
            (f"from {row.channel}", by_method),
            ("charge", f"{row.charge}, {str(row.charge_state).replace('_', ' ')}"),
        ]
    facts += [("state", row.state), ("began", local(row.started_at, zone))]
    if row.reason is not None:
        facts.append(("because", row.reason))
    if row.finished_at is not None:
        facts.append(("ended", local(row.finished_at, zone)))
    return facts


def _next(row: PaymentView, at: datetime, zone: tzinfo) -> str:
    """What happens next to a payment under way, or what somebody could do."""
    until = local(row.lease_until, zone)
    if row.lease_until <= at:
        return f"its time was over at {until}: it is ended at the next tick, unless its charge may have been taken"
    if row.charge_state == "requires_action":
        return f"its payer has to confirm: {row.action_url or 'at the gateway'}; given up at {until}"
    if row.charge_state in ("sent", "unknown"):
        return f"the gateway is asked for its answer; automatic write-off is on hold until {until} at most"
    return f"it is charged by the workers; automatic write-off is on hold until {until} at most"
