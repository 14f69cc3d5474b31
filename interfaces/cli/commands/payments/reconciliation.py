"""`settle reconcile`: our charges beside the gateways' own books."""

from __future__ import annotations

from datetime import date, tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.figures import Json, counted, instant, local, money_or_none, shown
from interfaces.cli.render.output import (
    Column,
    JsonOption,
    LimitOption,
    print_heading,
    print_json,
    print_table,
)
from interfaces.cli.render.progress import Reading, metered
from interfaces.cli.session import opened
from settlement.errors import Refused

if TYPE_CHECKING:
    from settlement.operations.gateway.reconciliation import Reconciled
    from settlement.queries.reconciliation import DifferenceView, LeftOut
    from worker.runtime import Runtime

WORDS = {
    "missing_there": "we have it as taken, the gateway does not know it",
    "missing_here": "the gateway took it, we do not have it as taken",
    "amount_differs": "taken, with another amount",
    "charged_twice": "the gateway took it more than once",
}

reconcile_app = typer.Typer(help="Comparison with the gateways' books: run, list.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds `reconcile`."""
    app.add_typer(reconcile_app, name="reconcile")


@reconcile_app.command("run")
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
    if as_json:
        print_json({"days": [_day_json(one) for one in done], "open_differences": open_count})
    else:
        _print_days(done)
    if open_count:
        raise CommandFailed(
            ExitCode.VIOLATIONS,
            f"{counted(open_count, 'difference')} open",
            "`settle reconcile list` shows them",
        )


@reconcile_app.command("list")
def list_differences(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are settled by now.")] = False,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Differences that are open, and the days that were compared or left out."""
    from settlement.queries import reconciliation

    with opened() as runtime:
        zone = runtime.policy.zone
        with runtime.store.transaction() as tx:
            found = reconciliation.differences(tx, limit=limit, with_closed=everything)
            days = reconciliation.days(tx, limit)
            left_out = reconciliation.left_out(tx, limit=limit)
    if as_json:
        print_json(
            {
                "differences": [_difference_json(row) for row in found],
                "days": [
                    {
                        "gateway": row.gateway, "day": row.day.isoformat(), "ours": row.ours, "theirs": row.theirs,
                        "differences": row.differences, "finished_at": instant(row.finished_at),
                    }
                    for row in days
                ],
                "left_out": [
                    {"gateway": row.gateway, "day": _day_of(row, zone).isoformat(), "reason": row.reason}
                    for row in left_out
                ],
            }
        )  # fmt: skip
        return
    if not found:
        print("no differences are open")
    else:
        columns = (
            Column("gateway"), Column("charge"), Column("account"), Column("ours", right=True),
            Column("theirs", right=True), Column("what"), Column("found"), Column("settled"),
        )  # fmt: skip
        rows = [
            (
                row.gateway, row.reference, row.account or "-", shown(row.ours_minor, row.currency),
                shown(row.theirs_minor, row.currency), WORDS[row.kind], local(row.found_at, zone),
                local(row.closed_at, zone),
            )
            for row in found
        ]  # fmt: skip
        print_table(columns, rows)
    print_heading("days compared")
    figures = ((row, (row.ours, row.theirs, row.differences)) for row in days)
    print_table(
        (
            Column("gateway"),
            Column("day"),
            *(Column(name, right=True) for name in ("ours", "theirs", "differences")),
        ),
        [(row.gateway, row.day.isoformat(), *(f"{count:,}" for count in counts)) for row, counts in figures],
    )
    if left_out:
        print_heading("days left out")
        print_table(
            (Column("gateway"), Column("day"), Column("why")),
            [(row.gateway, _day_of(row, zone).isoformat(), row.reason) for row in left_out],
        )


def _day_of(row: LeftOut, zone: tzinfo) -> date:
    return row.since.astimezone(zone).date()


def _print_days(done: list[Reconciled]) -> None:
    if not done:
        print("no day is to be compared")
        return
    print_table(_COLUMNS, [_day_row(one) for one in done])


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


_COLUMNS = (
    Column("gateway"), Column("day"), Column("ours", right=True), Column("theirs", right=True),
    Column("not ours", right=True), Column("booked late", right=True), Column("differences", right=True),
)  # fmt: skip


def _day_row(one: Reconciled) -> tuple[str, ...]:
    figures = (one.ours, one.theirs, one.foreign, one.booked, one.differences)
    return (one.gateway, one.day.isoformat(), *(f"{figure:,}" for figure in figures))


def _day_json(one: Reconciled) -> Json:
    return {
        "gateway": one.gateway, "day": one.day.isoformat(), "ours": one.ours, "theirs": one.theirs,
        "foreign": one.foreign, "booked_late": one.booked, "differences": one.differences,
    }  # fmt: skip


def _difference_json(row: DifferenceView) -> Json:
    return {
        "gateway": row.gateway,
        "kind": row.kind,
        "charge": row.reference,
        "gateway_ref": row.gateway_ref or None,
        "account": row.account,
        "ours": money_or_none(row.ours_minor, row.currency),
        "theirs": money_or_none(row.theirs_minor, row.currency),
        "found_at": instant(row.found_at),
        "closed_at": instant(row.closed_at),
    }
