"""`settle reconcile`: our charges beside the gateways' own books."""

from __future__ import annotations

from datetime import date, tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import to_name
from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.options import ByOption
from interfaces.cli.render.output import JsonOption, LimitOption, print_heading, print_json, print_rows
from interfaces.cli.render.progress import Reading, metered
from interfaces.cli.session import opened, reading
from interfaces.fields.field import as_objects
from interfaces.fields.gateway.reconciliation import DAYS, DIFFERENCES, RECONCILED, left_out_fields
from interfaces.fields.values import counted
from settlement.errors import Refused

if TYPE_CHECKING:
    from settlement.operations.gateway.reconciliation import Reconciled
    from worker.runtime import Runtime


app = typer.Typer(help="Comparison with the gateways' books: run, list, dismiss.", no_args_is_help=True)


@app.command("run")
def run_reconciliation(
    day: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="This local day, also if it was compared before.")
    ] = None,
    gateway: Annotated[str | None, typer.Option(help="Only this gateway.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compares what is owed: every day that is over, oldest first. Exits with 5 when differences are open."""
    from settlement.queries import charges

    chosen = _to_day(day)
    done: list[Reconciled] = []
    with opened() as runtime, metered("reconcile", unit="days") as meter:
        names = _gateways(runtime, gateway)
        for number, one in enumerate(_compare(runtime, names, chosen), start=1):
            done.append(one)
            meter.show(Reading(number, None, f"{one.gateway} {one.day}"))
        with runtime.store.transaction() as tx:
            open_count = charges.counts(tx, operator_after=1).differences
        zone = runtime.policy.zone
    if as_json:
        print_json({"days": as_objects(RECONCILED, done), "open_differences": open_count})
    else:
        _print_days(done, zone)
    if open_count:
        raise CommandFailed(
            ExitCode.VIOLATIONS,
            f"{counted(open_count, 'difference')} open",
            "`settle reconcile list` shows them",
        )


@app.command("list")
def list_differences(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are settled by now.")] = False,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Differences that are open, and the days that were compared or left out."""
    from settlement.queries.gateway import reconciliation

    with reading() as read:
        found = reconciliation.differences(read.tx, limit=limit, with_closed=everything)
        days = reconciliation.days(read.tx, limit=limit)
        left_out = reconciliation.left_out(read.tx, limit=limit)
    if as_json:
        print_json(
            {
                "differences": as_objects(DIFFERENCES, found),
                "days": as_objects(DAYS, days),
                "left_out": as_objects(left_out_fields(read.zone), left_out),
            }
        )
        return
    if not found:
        print("no differences are open")
    else:
        print_rows(DIFFERENCES, found, read.zone)
    print_heading("days compared")
    print_rows(DAYS, days, read.zone)
    if left_out:
        print_heading("days left out")
        print_rows(left_out_fields(read.zone), left_out, read.zone)


@app.command("dismiss")
def dismiss_difference(
    reference: Annotated[
        str,
        typer.Argument(metavar="CHARGE", help="Of the charge or refund that it is about, from the list."),
    ],
    because: Annotated[str, typer.Option("--because", metavar="TEXT", help="How it was dealt with.")],
    gateway_ref: Annotated[
        str | None,
        typer.Option("--gateway-ref", metavar="ID", help="Only the one with this id of the gateway's."),
    ] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Closes differences that a gateway's books keep for ever, as of a charge taken twice and given back there.

    One is found again if the amount on either side becomes another.
    """
    from settlement.operations.gateway.dismissal import dismiss_difference as dismiss
    from worker.policies.versions import who

    actor, why = (to_name(text) for text in (by or who(), because))
    with opened() as runtime:
        count = dismiss(
            runtime.store, reference, gateway_ref=gateway_ref, at=runtime.now(), by=actor, because=why
        )
    if as_json:
        print_json({"dismissed": count})
        return
    print(f"dismissed by {actor}: {counted(count, 'difference')}")


def _print_days(done: list[Reconciled], zone: tzinfo) -> None:
    if not done:
        print("no day is to be compared")
        return
    print_rows(RECONCILED, done, zone)


def _compare(runtime: Runtime, names: list[str], day: date | None) -> list[Reconciled]:
    from settlement.operations.gateway.reconciliation import reconcile, reconcile_due

    gateways = {name: runtime.gateways[name] for name in names}
    at, policy = runtime.now(), runtime.policy
    if day is None:
        return list(reconcile_due(runtime.store, gateways, at=at, policy=policy))
    if day >= at.astimezone(policy.zone).date():
        raise Refused("day_not_over", f"{day} is not over in {policy.zone}; a day is compared when it is")
    return [
        reconcile(runtime.store, gateway, day=day, at=at, policy=policy)
        for gateway in gateways.values()
        if gateway.keeps_books
    ]


def _gateways(runtime: Runtime, name: str | None) -> list[str]:
    if name is None:
        return list(runtime.gateways)
    if name not in runtime.gateways:
        known = ", ".join(runtime.gateways) or "none"
        raise typer.BadParameter(
            f"gateway {name!r} is not set up here; set up are {known}", param_hint="--gateway"
        )
    return [name]


def _to_day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"a day is written like 2026-11-02, not {text!r}", param_hint="--day"
        ) from None
