"""`settle charges`: what was charged to payment methods, what is in doubt, and an operator's word on it."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from interfaces.cli.arguments import to_cycle
from interfaces.cli.options import AccountOption, choice_option
from interfaces.cli.render.output import (
    JsonOption,
    LimitOption,
    print_facts,
    print_heading,
    print_json,
    print_page,
    print_rows,
    remark,
)
from interfaces.cli.render.progress import Reading, metered
from interfaces.cli.session import opened, reading
from interfaces.fields.charges import CHARGE_LINES, CHARGES, CHARGES_FOR_PAYERS
from interfaces.fields.field import as_object, as_objects
from interfaces.fields.values import amount_text, counted, local, ordinal
from settlement.model.gateway.charges import AttemptState

if TYPE_CHECKING:
    from settlement.queries.charges import ChargeView
    from worker.runtime import Runtime

STATES: tuple[AttemptState, ...] = get_args(AttemptState)
IN_DOUBT: tuple[AttemptState, ...] = ("sent", "unknown")

app = typer.Typer(help="Charges of payment methods: list, show, resolve, run.", no_args_is_help=True)

ReferenceArgument = Annotated[
    str, typer.Argument(metavar="CHARGE", help="Its reference, from `settle charges list`.")
]


@app.command("list")
def list_charges(
    unknown: Annotated[bool, typer.Option("--unknown", help="Those whose outcome is in doubt.")] = False,
    payer: Annotated[
        bool, typer.Option("--payer", help="Those whose payer has to confirm, with where that is done.")
    ] = False,
    state: Annotated[AttemptState | None, choice_option("Only in this state", STATES)] = None,
    account: AccountOption = None,
    cycle: Annotated[
        int | None, typer.Option(parser=to_cycle, metavar="YYYY-MM", help="Only those of this month's fees.")
    ] = None,
    limit: LimitOption = 50,
    after: Annotated[str | None, typer.Option(metavar="CHARGE", help="Continue after this charge.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Charges, the newest first."""
    from settlement.queries import charges

    states = _states(state, unknown=unknown, payer=payer)
    with reading() as read:
        found = charges.charges(
            read.tx, limit=limit + 1, after=after, account=account, cycle=cycle, states=states
        )
    print_page(
        "charges", CHARGES_FOR_PAYERS if payer else CHARGES, found, read.zone, limit=limit, as_json=as_json
    )
    if unknown and found and not as_json:
        remark(
            "look each of them up at its gateway by its reference, then: settle charges resolve CHARGE --help"
        )


@app.command("show")
def show_charge(reference: ReferenceArgument, as_json: JsonOption = False) -> None:
    """One charge: the bills it is for, how far it is, and what happens next."""
    from settlement.queries import charges

    with reading() as read:
        row = charges.charge(read.tx, reference)
        lines = charges.charge_lines(read.tx, reference)
    if as_json:
        print_json({**as_object(CHARGES, row), "bills": as_objects(CHARGE_LINES, lines)})
        return
    print_facts(_facts(row, read.zone))
    print_heading("for the bills of")
    print_rows(CHARGE_LINES, lines, read.zone)


@app.command("resolve")
def resolve(
    reference: ReferenceArgument,
    charged: Annotated[
        str | None, typer.Option("--charged", metavar="ID", help="It was taken; the gateway's own id of it.")
    ] = None,
    not_charged: Annotated[
        bool, typer.Option("--not-charged", help="It was surely not taken, and is owed again.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Records what became of a charge whose outcome is in doubt. Look it up at its gateway first, by its reference."""
    from settlement.operations.gateway.charge_resolution import resolve_charge
    from settlement.queries import charges

    if (charged is not None) == not_charged or charged == "":
        raise typer.BadParameter("choose one of --charged ID and --not-charged")
    with opened() as runtime:
        resolve_charge(runtime.store, reference, gateway_ref=charged, at=runtime.now(), policy=runtime.policy)
        with runtime.store.transaction() as tx:
            row = charges.charge(tx, reference)
    if as_json:
        print_json(as_object(CHARGES, row))
        return
    print(f"charge {reference}: {row.state.replace('_', ' ')}, {amount_text(row.amount_minor, row.currency)}")
    if row.state == "not_charged":
        remark(f"what it was for is owed again: `settle charges list --account {row.account}`")


@app.command("run")
def run_charges(as_json: JsonOption = False) -> None:
    """Does in this process what collecting has to do now: looks, sends, asks, reads what webhooks are about."""
    with opened() as runtime, metered("charges", unit="") as meter:
        meter.show(Reading(0, None, "looking for what is to be collected"))
        examined, notifications, calls = run_collection(runtime)
    if as_json:
        print_json({"accounts_looked_at": examined, "webhooks": notifications, "calls": calls})
        return
    if not (examined or notifications or calls):
        print("nothing is to be collected now")
        return
    print(
        f"{counted(examined, 'account')} looked at, {counted(notifications, 'webhook')} read, "
        f"{counted(calls, 'call')} made"
    )


def run_collection(runtime: Runtime) -> tuple[int, int, int]:
    """Everything that collecting has to do now: accounts looked at, webhooks worked on, calls to gateways."""
    from settlement.operations.gateway.webhooks import process_notifications
    from settlement.operations.schedule.collection import collect_due
    from worker.gateway_calls import call_gateways

    examined = collect_due(runtime.store, at=runtime.now(), policy=runtime.policy)
    made = call_gateways(runtime, lambda: True)
    for reason in set(made.misconfigured):
        remark(f"a gateway refuses our set-up: {reason}")
    for fault in made.faults:
        remark(f"what a gateway reported could not be booked: {fault.in_words}")
    notifications, batch = 0, runtime.settings.collection.batch
    while handled := process_notifications(
        runtime.store,
        runtime.gateways,
        at=runtime.now(),
        policy=runtime.policy,
        limit=batch,
        limits=runtime.call_limits,
    ):
        notifications += handled
    return examined, notifications, made.calls


def _states(state: AttemptState | None, *, unknown: bool, payer: bool) -> tuple[AttemptState, ...]:
    if sum((unknown, payer, state is not None)) > 1:
        raise typer.BadParameter("choose one of --unknown, --payer and --state")
    if unknown:
        return IN_DOUBT
    if payer:
        return ("requires_action",)
    return () if state is None else (state,)


def _facts(row: ChargeView, zone: tzinfo) -> list[tuple[str, str]]:
    facts = [
        ("charge", row.reference),
        ("account", row.account),
        ("why", row.reason),
        ("amount", amount_text(row.amount_minor, row.currency)),
        ("method", f"{row.method}, at {row.gateway}"),
        ("state", row.state),
        ("began", local(row.created_at, zone)),
        ("sent", local(row.sent_at, zone)),
        ("gateway's id", row.gateway_ref or "-"),
    ]
    if row.charged_minor is not None:
        facts.append(("taken", amount_text(row.charged_minor, row.currency)))
    if row.code or row.message:
        facts.append(("response", ": ".join(part for part in (row.code, row.message) if part)))
    if row.finished_at is not None:
        facts.append(("ended", local(row.finished_at, zone)))
    return [*facts, *_next_steps(row, zone)]


def _next_steps(row: ChargeView, zone: tzinfo) -> list[tuple[str, str]]:
    """What happens next, or what somebody could do."""
    at = local(row.next_at, zone)
    match row.state:
        case "waiting":
            return [("then", f"it is sent from {at} on")]
        case "sent" | "unknown":
            again = f", for the {ordinal(row.asks + 1)} time" if row.asks else ""
            return [
                ("then", f"{row.gateway} is asked about it from {at} on{again}; it is not charged again before"),
                ("or", f"look {row.reference} up at {row.gateway} and say what became of it: settle charges resolve"),
            ]  # fmt: skip
        case "requires_action":
            return [
                ("then", f"the payer confirms at {row.action_url or 'the gateway'}; asked about from {at} on")
            ]
        case _:
            return []
