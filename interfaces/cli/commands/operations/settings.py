"""`settle settings`: what moves money, as the database has it, version by version. Rule: R3.7b, R3.7c."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.arguments import to_instant
from interfaces.cli.confirmation import YesOption, confirm
from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import JsonOption, print_heading, print_json, print_rows, remark
from interfaces.cli.session import opened
from interfaces.fields.field import as_objects
from interfaces.fields.operations.settings import HISTORY, MOVED, SETTINGS, MovedInstant, SettingView, views
from interfaces.fields.values import instant
from settlement.errors import SettingsDiffer
from settlement.model.cycle import cycle_of, next_cycle
from settlement.model.instants import local_text
from settlement.model.policies.versions import FIRST, SettingsVersion, deciding

if TYPE_CHECKING:
    from worker.runtime import Runtime

# Months after the one in which a version begins to hold whose instants are compared.
MONTHS_COMPARED = 2

app = typer.Typer(help="Settings that move money: show, set.", no_args_is_help=True)


@app.command("show")
def show_settings(
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="INSTANT", help="As they hold at this instant; default: now."),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Every value that was set, those to come included.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """What holds, since when, who set it, and what holds next. The environment decides none of it."""
    from settlement.operations.settings_versions import versions

    with opened() as runtime:
        now, zone = runtime.as_of(), runtime.policy.zone
        moment = now if at is None else to_instant(at, zone)
        known = versions(runtime.store) or [_proposed(runtime, now)]
    if history:
        rows = [SettingView(name, version, None) for version in known for name in version.changes]
    else:
        # What holds from the beginning has held at any instant that one can name.
        rows = views(deciding(known, max(moment, FIRST)), known)
    fields = HISTORY if history else SETTINGS
    if as_json:
        print_json({"at": None if history else instant(moment), "settings": as_objects(fields, rows)})
    else:
        print_rows(fields, rows, zone)
    _remark_differences(runtime, known, now)


def _proposed(runtime: Runtime, now: datetime) -> SettingsVersion:
    from config.money import money_values

    return SettingsVersion(
        0, FIRST, money_values(runtime.settings), now, "this environment", "proposed, not in the database yet"
    )


def _remark_differences(runtime: Runtime, known: Sequence[SettingsVersion], now: datetime) -> None:
    from worker.policies.versions import refuse_others

    try:
        refuse_others(runtime.settings, known, now)
    except SettingsDiffer as differs:
        remark(str(differs))


@app.command("set")
def set_settings(
    assignments: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE...", help="Like billing.issue_day=5; lists as JSON.")
    ],
    holds_from: Annotated[
        str, typer.Option("--from", metavar="INSTANT", help="From when on, at least two minutes ahead.")
    ],
    reason: Annotated[str, typer.Option(help="Why; kept with it.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check it, and change nothing.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Sets values from an instant on, for every process. What holds by then is not changed, nor what was billed.

    A value that is set already for a later instant still changes then; set again from the same instant, the later one
    counts. Which months are issued or swept at another instant than before is shown.
    """
    from worker.policies.versions import variables_of

    with opened() as runtime:
        zone = runtime.policy.zone
        start = to_instant(holds_from, zone)
        changes = _changes(runtime, assignments)
        before = _planned(runtime, changes, start, reason, dry_run=True)
        moved = list(_moved(runtime, before[0], before[1], start))
        if not dry_run:
            confirm(f"from {local_text(start, zone)} on: {', '.join(assignments)}", yes=yes)
            _planned(runtime, changes, start, reason, dry_run=False)
    planned = before[1]
    decided = {name: version for name, version in deciding(planned, start).items() if name in changes}
    rows = views(decided, planned)
    if as_json:
        objects = {"settings": as_objects(SETTINGS, rows), "moved": as_objects(MOVED, moved)}
        print_json({"dry_run": dry_run, **objects})
        return
    print("nothing is changed yet; it would be:" if dry_run else "from then on, for every process:")
    print_rows(SETTINGS, rows, zone)
    if moved:
        print_heading("the calendar")
        print_rows(MOVED, moved, zone)
    remark(f"no process may have another value in {variables_of(changes)}: best leave it unset everywhere")


def _planned(
    runtime: Runtime, changes: dict[str, Any], start: datetime, reason: str, *, dry_run: bool
) -> tuple[list[SettingsVersion], list[SettingsVersion]]:
    """Every version as it is, and as it is with these changes."""
    from settlement.operations.settings_versions import set_version, versions
    from worker.policies.versions import check_versions, who

    if not dry_run:
        runtime.propose_settings()
    known = versions(runtime.store) or [_proposed(runtime, runtime.as_of())]
    planned = set_version(
        runtime.store, changes, holds_from=start, by=who(), reason=reason,
        may_set=lambda all_of_them, now: check_versions(runtime.settings, all_of_them, now),
        test_clock_counts=runtime.settings.test_clock, dry_run=dry_run,
    )  # fmt: skip
    return known, planned


def _moved(
    runtime: Runtime, known: Sequence[SettingsVersion], planned: Sequence[SettingsVersion], start: datetime
) -> Iterator[MovedInstant]:
    """The instants of the months around `start` (UTC) that are other ones by the planned versions."""
    from settlement.model.policies.policy import PolicyHistory
    from settlement.operations.schedule.calendar_jobs import CALENDAR_JOBS
    from worker.policies.versions import policies

    before, after = (
        PolicyHistory(policies(runtime.settings, versions)).at(start) for versions in (known, planned)
    )
    # The month before is issued in the one in which the change begins to hold.
    cycle = cycle_of(start - timedelta(days=31), before.zone)
    for _ in range(MONTHS_COMPARED + 1):
        for job in CALENDAR_JOBS:
            old, new = job.instant_of(cycle, before), job.instant_of(cycle, after)
            if old != new:
                yield MovedInstant(job.kind.replace("_", " "), cycle, old, new)
        cycle = next_cycle(cycle)


def _changes(runtime: Runtime, assignments: list[str]) -> dict[str, Any]:
    """The values as the settings read them.

    Raises:
        BadParameter: what is no assignment, or a name that is there twice.
        CommandFailed: a name that there is not, or a value that does not fit.
    """
    from config.money import money_values, with_values
    from config.settings import SettingsError

    given: dict[str, str] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or name in given:
            raise typer.BadParameter(f"write NAME=VALUE, each name once, not {assignment!r}")
        given[name] = text
    try:
        checked = money_values(with_values(runtime.settings, given))
    except SettingsError as error:
        raise CommandFailed(ExitCode.USAGE, str(error), "`settle settings show` lists them") from None
    return {name: checked[name] for name in given}
