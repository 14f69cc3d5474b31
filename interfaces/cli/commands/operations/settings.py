"""`settle settings`: what moves money, as the database has it, version by version. Rule: R3.7b, R3.7c."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.arguments import to_instant
from interfaces.cli.confirmation import YesOption, confirm
from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import JsonOption, print_json, print_rows
from interfaces.cli.session import opened
from interfaces.fields.field import as_objects
from interfaces.fields.operations.settings import SETTINGS
from settlement.model.instants import local_text
from settlement.model.policies.versions import deciding

if TYPE_CHECKING:
    from worker.runtime import Runtime

settings_app = typer.Typer(help="Settings that move money: show, set.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds `settings`."""
    app.add_typer(settings_app, name="settings")


@settings_app.command("show")
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
    """What holds, since when, and who set it. The environment decides none of it once the database has a version."""
    from settlement.operations.settings_versions import versions

    with opened() as runtime:
        now, zone = runtime.as_of(), runtime.policy.zone
        instant = now if at is None else to_instant(at, zone)
        known = versions(runtime.store)
    rows = [(name, version) for version in known for name in version.changes]
    if not history:
        rows = sorted(deciding(known, instant).items())
    if as_json:
        print_json({"at": None if history else instant, "settings": as_objects(SETTINGS, rows)})
        return
    print_rows(SETTINGS, rows, zone)


@settings_app.command("set")
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
    """Sets values from an instant on, for every process. What holds by then is not changed, nor what was billed."""
    from settlement.operations.settings_versions import set_version
    from worker.policies.versions import check_versions, who

    with opened() as runtime:
        zone = runtime.policy.zone
        start = to_instant(holds_from, zone)
        changes = _changes(runtime, assignments)
        if not dry_run:
            confirm(f"from {local_text(start, zone)} on: {', '.join(assignments)}", yes=yes)

        def may_set(planned: Any, now: datetime) -> None:
            check_versions(runtime.settings, planned, now)

        planned = set_version(
            runtime.store, changes, holds_from=start, by=who(), reason=reason, may_set=may_set,
            test_clock_counts=runtime.settings.test_clock, dry_run=dry_run,
        )  # fmt: skip
    rows = [(name, version) for name, version in sorted(deciding(planned, start).items()) if name in changes]
    if as_json:
        print_json({"dry_run": dry_run, "settings": as_objects(SETTINGS, rows)})
        return
    print("nothing is changed yet; it would be:" if dry_run else "from then on, for every process:")
    print_rows(SETTINGS, rows, zone)


def _changes(runtime: Runtime, assignments: list[str]) -> dict[str, Any]:
    """The values as the settings read them.

    Raises:
        BadParameter: what is no assignment, a name that there is not, or a value that does not fit.
    """
    from config.money import money_values, with_values
    from config.settings import SettingsError

    given: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise typer.BadParameter(f"write NAME=VALUE, not {assignment!r}")
        given[name] = _read(text)
    try:
        checked = money_values(with_values(runtime.settings, given))
    except SettingsError as error:
        raise CommandFailed(ExitCode.USAGE, str(error), "`settle settings show` lists them") from None
    return {name: checked[name] for name in given}


def _read(text: str) -> Any:
    """Lists and tables as JSON, everything else as text, which the settings read as they do in the environment."""
    if text[:1] in "[{":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
