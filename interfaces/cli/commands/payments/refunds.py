"""`settle refunds`: money on its way back to the methods that paid, what is in doubt, and an operator's word on it."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from interfaces.cli.commands.payments import money
from interfaces.cli.options import AccountOption, choice_option
from interfaces.cli.render.output import JsonOption, LimitOption, print_facts, print_json, print_page, remark
from interfaces.cli.render.progress import Reading, metered
from interfaces.cli.session import opened, reading
from interfaces.fields.field import as_object
from interfaces.fields.refunds import REFUNDS
from interfaces.fields.values import amount_text, counted, local, ordinal
from settlement.model.gateway.refunds import RefundState

if TYPE_CHECKING:
    from settlement.queries.refunds import GatewayRefundView
    from worker.runtime import Runtime

STATES: tuple[RefundState, ...] = get_args(RefundState)
IN_DOUBT: tuple[RefundState, ...] = ("sent", "unknown")

app = typer.Typer(
    help="Refunds: book, and to payment methods list, show, resolve, run.", no_args_is_help=True
)
app.command("book")(money.book_refund)

ReferenceArgument = Annotated[
    str, typer.Argument(metavar="REFUND", help="Its reference, from `settle refunds list`.")
]


@app.command("list")
def list_refunds(
    unknown: Annotated[bool, typer.Option("--unknown", help="Those whose outcome is in doubt.")] = False,
    state: Annotated[RefundState | None, choice_option("Only in this state", STATES)] = None,
    account: AccountOption = None,
    limit: LimitOption = 50,
    after: Annotated[str | None, typer.Option(metavar="REFUND", help="Continue after this refund.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Refunds to payment methods, the newest first. Credit refunds are shown by `settle accounts show`."""
    from settlement.queries import refunds

    states = _states(state, unknown=unknown)
    with reading() as read:
        found = refunds.refunds(read.tx, limit=limit + 1, after=after, account=account, states=states)
    print_page("refunds", REFUNDS, found, read.zone, limit=limit, as_json=as_json)
    if unknown and found and not as_json:
        remark(
            "look each of them up at its gateway by its reference, then: settle refunds resolve REFUND --help"
        )


@app.command("show")
def show_refund(reference: ReferenceArgument, as_json: JsonOption = False) -> None:
    """One refund: the charge it is of, how far it is, and what happens next."""
    from settlement.queries import refunds

    with reading() as read:
        row = refunds.refund(read.tx, reference)
    if as_json:
        print_json(as_object(REFUNDS, row))
        return
    print_facts(_facts(row, read.zone))


@app.command("resolve")
def resolve(
    reference: ReferenceArgument,
    refunded: Annotated[
        str | None, typer.Option("--refunded", metavar="ID", help="It was given back; the gateway's own id of it.")
    ] = None,
    to_cash: Annotated[
        bool, typer.Option("--to-cash", help="It was surely not given back, or came back; the account gets cash.")
    ] = False,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Records what became of a refund whose outcome is in doubt. Look it up at its gateway first, by its reference."""
    from settlement.operations.gateway.refund_resolution import resolve_refund
    from settlement.queries import refunds

    if (refunded is not None) == to_cash or refunded == "":
        raise typer.BadParameter("choose one of --refunded ID and --to-cash")
    with opened() as runtime:
        resolve_refund(
            runtime.store, reference, gateway_ref=refunded, at=runtime.now(), policy=runtime.policy
        )
        with runtime.store.transaction() as tx:
            row = refunds.refund(tx, reference)
    if as_json:
        print_json(as_object(REFUNDS, row))
        return
    became = "given back" if row.state == "succeeded" else "cash of the account"
    print(f"refund {reference}: {became}, {amount_text(row.amount_minor, row.currency)}")


@app.command("run")
def run(as_json: JsonOption = False) -> None:
    """Does in this process what refunds have to do now: sends those that wait, asks about those that are not over."""
    with opened() as runtime, metered("refunds", unit="") as meter:
        meter.show(Reading(0, None, "looking for what is to be given back"))
        calls = run_refunds(runtime)
    if as_json:
        print_json({"calls": calls})
        return
    print(f"{counted(calls, 'call')} made" if calls else "nothing is to be given back now")


def run_refunds(runtime: Runtime) -> int:
    """Sends and asks about refunds until nothing is left to do now. Returns the calls made."""
    from worker.gateway_calls import call_for_refunds

    made = call_for_refunds(runtime, lambda: True)
    for reason in set(made.misconfigured):
        remark(f"a gateway refuses our set-up: {reason}")
    for fault in made.faults:
        remark(f"what a gateway reported could not be booked: {fault.in_words}")
    return made.calls


def _states(state: RefundState | None, *, unknown: bool) -> tuple[RefundState, ...]:
    if unknown:
        if state is not None:
            raise typer.BadParameter("choose one of --unknown and --state")
        return IN_DOUBT
    return () if state is None else (state,)


def _facts(row: GatewayRefundView, zone: tzinfo) -> list[tuple[str, str]]:
    facts = [
        ("refund", row.reference),
        ("account", row.account),
        ("amount", amount_text(row.amount_minor, row.currency)),
        ("of charge", row.charge),
        ("to", f"{row.method}, at {row.gateway}"),
        ("state", row.state.replace("_", " ")),
        ("began", local(row.created_at, zone)),
        ("sent", local(row.sent_at, zone)),
        ("gateway's id", row.gateway_ref or "-"),
    ]
    if row.source is not None:
        facts.append(("because of", f"refund {row.source}/{row.event_id}"))
    if row.code or row.message:
        facts.append(("response", ": ".join(part for part in (row.code, row.message) if part)))
    if row.finished_at is not None:
        facts.append(("ended", local(row.finished_at, zone)))
    return [*facts, *_next_steps(row, zone)]


def _next_steps(row: GatewayRefundView, zone: tzinfo) -> list[tuple[str, str]]:
    """What happens next, or what somebody could do."""
    at = local(row.next_at, zone)
    match row.state:
        case "waiting":
            return [("then", f"it is sent from {at} on")]
        case "sent" | "unknown":
            again = f", for the {ordinal(row.asks + 1)} time" if row.asks else ""
            return [
                ("then", f"{row.gateway} is asked about it from {at} on{again}; nothing is given back again before"),
                ("or", f"look {row.reference} up at {row.gateway} and say what became of it: settle refunds resolve"),
            ]  # fmt: skip
        case "under_way":
            return [("then", f"{row.gateway} needs time for it and is asked again from {at} on")]
        case "succeeded" if row.next_at is not None:
            return [("then", f"looked at once more from {at} on, in case the bank sends it back")]
        case "failed":
            return [("then", "the amount is cash of the account, and has paid what it could")]
        case _:
            return []
