"""`settle parked`: accounts that were set aside because their figures did not add up."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.failures import ExitCode
from interfaces.cli.nudges import nudge_events
from interfaces.cli.render.output import (
    JsonOption,
    LimitOption,
    print_facts,
    print_heading,
    print_json,
    print_page,
    remark,
)
from interfaces.cli.session import opened, reading
from interfaces.fields.accounts import PARKED
from interfaces.fields.field import as_object
from interfaces.fields.values import Json, counted, local

if TYPE_CHECKING:
    from settlement.operations.parked_accounts import Rechecked
    from worker.runtime import Runtime

app = typer.Typer(
    help="Parked accounts: list, recheck, release. Their figures did not add up.", no_args_is_help=True
)
# What is looked at again in one transaction.
AT_ONCE = 500
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command("list")
def list_parked(
    limit: LimitOption = 50,
    after: Annotated[str | None, typer.Option(metavar="ACCOUNT", help="Continue after this account.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Parked accounts with reason, figures and since when, in the order in which they were opened."""
    from settlement.queries import accounts as queries

    with reading() as read:
        found = queries.parked(read.tx, after=after, limit=limit + 1)
    print_page("accounts", PARKED, found, read.zone, limit=limit, as_json=as_json)


@app.command("recheck")
def recheck_parked(
    accounts: Annotated[
        list[str] | None, typer.Argument(metavar="[ACCOUNT]...", help="Which; by default all.")
    ] = None,
    and_release: Annotated[
        bool, typer.Option("--release", help="Release those whose figures are whole again.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Would they be parked again? Ends with 5 where figures still do not add up. Changes nothing but by --release.

    Asks the audit's checks of these accounts alone, and proves the issuance and write-off that would come next.
    """
    from settlement.operations.parked_accounts import release

    with opened() as runtime:
        found = [one for names in _names(runtime, accounts) for one in _recheck(runtime, names)]
        whole = [one.account.name for one in found if not one.faults]
        done = release(runtime.store, whole, at=runtime.now()) if and_release and whole else {}
        released = [name for name, one in done.items() if one.was_parked]
        if released:
            nudge_events(runtime)
        zone = runtime.policy.zone
    if as_json:
        print_json(
            {"accounts": [_rechecked_json(one) for one in found], "released": released, "whole": whole}
        )
    else:
        for one in found:
            _print_rechecked(one, zone, one.account.name in released)
        print_heading(
            f"looked at {counted(len(found), 'account')}: {len(whole):,} whole, {len(found) - len(whole):,} not"
            + (f"; released {len(released):,}" if and_release else "")
        )
    if len(whole) < len(found):
        raise typer.Exit(ExitCode.VIOLATIONS)


@app.command("release")
def release_parked(
    accounts: Annotated[list[str], typer.Argument(metavar="ACCOUNT...", help="Which.")],
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Lets accounts take part again, whatever their figures say; announced. One that does already is left alone."""
    from settlement.operations.parked_accounts import release

    with opened() as runtime:
        if not yes:
            remark("`settle parked recheck` says which of them are whole; others will be parked again")
            typer.confirm(f"Release {counted(len(accounts), 'account')}?", abort=True, err=True)
        done = release(runtime.store, list(dict.fromkeys(accounts)), at=runtime.now())
        if any(one.was_parked for one in done.values()):
            nudge_events(runtime)
    if as_json:
        print_json(
            {
                "accounts": [
                    {"account": name, "was_parked": one.was_parked, "events_waiting_again": one.events}
                    for name, one in done.items()
                ]
            }
        )
        return
    for name, one in done.items():
        if one.was_parked:
            print(f"account {name} takes part again; waiting again: {counted(one.events, 'event')}")
        else:
            print(f"account {name} is not parked; nothing was changed")
    remark("what still does not add up is parked again, with the reason")


def _names(runtime: Runtime, names: list[str] | None) -> list[list[str]]:
    """The names to look at, in batches; a name that no account has is an error, one that is not parked is not."""
    from settlement.queries import accounts as queries

    with runtime.store.transaction() as tx:
        if names:
            for name in queries.not_parked(tx, names):
                remark(f"account {name} is not parked")
            return [names[at : at + AT_ONCE] for at in range(0, len(names), AT_ONCE)]
        batches: list[list[str]] = []
        after = None
        while page := queries.parked(tx, after=after, limit=AT_ONCE):
            after = page[-1].name
            batches.append([account.name for account in page])
        return batches


def _recheck(runtime: Runtime, names: list[str]) -> list[Rechecked]:
    from settlement.operations.parked_accounts import recheck

    return recheck(runtime.store, names, at=runtime.now(), policy=runtime.policy)


def _print_rechecked(one: Rechecked, zone: tzinfo, is_released: bool) -> None:
    print_heading(f"account {one.account.name}")
    state = (
        "released" if is_released else "whole; would not be parked again" if not one.faults else "not whole"
    )
    print_facts(
        [
            ("parked", local(one.account.parked_at, zone)),
            ("because", one.account.reason),
            ("now", state),
            *(
                (
                    fault.check,
                    _sentence(fault.sentence, "; ".join(f"{k} {v}" for k, v in fault.figures.items())),
                )
                for fault in one.faults
            ),
        ]
    )


def _sentence(sentence: str, figures: str) -> str:
    return f"does not hold: {sentence} ({figures})" if figures else sentence


def _rechecked_json(one: Rechecked) -> dict[str, Json]:
    return {
        **as_object(PARKED, one.account),
        "whole": not one.faults,
        "faults": [
            {"check": fault.check, "sentence": fault.sentence, "figures": dict(fault.figures)}
            for fault in one.faults
        ],
    }
