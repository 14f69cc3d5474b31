"""`settle inbox`: the events that came, what became of them, and another try after a fix."""

from __future__ import annotations

import json
from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import to_name, to_number
from interfaces.cli.nudges import nudge_events
from interfaces.cli.options import AccountOption, ByOption, RowArgument
from interfaces.cli.render.output import (
    AfterOption,
    JsonOption,
    LimitOption,
    print_facts,
    print_heading,
    print_json,
    print_page,
)
from interfaces.cli.session import opened, reading
from interfaces.fields.field import as_object
from interfaces.fields.inbox import EVENTS
from interfaces.fields.values import counted, local

if TYPE_CHECKING:
    from settlement.queries.inbox import InboxState, InboxView

app = typer.Typer(help="Events: list, show, try again, dismiss.", no_args_is_help=True)


@app.command("list")
def list_events(
    refused: Annotated[
        bool, typer.Option("--refused", help="Those refused by a rule and not dismissed.")
    ] = False,
    dismissed: Annotated[
        bool, typer.Option("--dismissed", help="Those that were refused and dismissed.")
    ] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="Those not handled yet.")] = False,
    parked: Annotated[bool, typer.Option("--parked", help="Those set aside after failing.")] = False,
    account: AccountOption = None,
    code: Annotated[str | None, typer.Option(help="Only those set aside for this reason code.")] = None,
    limit: LimitOption = 50,
    after: AfterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Events, the newest first; all of them where no state is requested."""
    from settlement.queries import inbox

    if dismissed and (refused or waiting or parked):
        raise typer.BadParameter("--dismissed goes with no other state")
    wanted_states: dict[InboxState, bool] = {
        "refused": refused or dismissed, "waiting": waiting, "parked": parked,
    }  # fmt: skip
    states = [state for state, wanted in wanted_states.items() if wanted]
    with reading() as read:
        found = inbox.rows(
            read.tx, limit=limit + 1, after=after, states=states, account=account, code=code,
            dismissed=dismissed if states else None,
        )  # fmt: skip
    print_page("events", EVENTS, found, read.zone, limit=limit, as_json=as_json)


@app.command("show")
def show_event(inbox_id: RowArgument, as_json: JsonOption = False) -> None:
    """One event with all of its data."""
    from settlement.queries import inbox

    with reading() as read:
        row = inbox.row(read.tx, inbox_id)
    if as_json:
        print_json({**as_object(EVENTS, row), "data": row.data})
        return
    print_facts(_facts(row, read.zone))
    print_heading("data")
    print(json.dumps(row.data, indent=2))


@app.command("replay")
def replay_events(
    inbox_ids: Annotated[
        list[int] | None, typer.Argument(parser=to_number, metavar="[ID]...", help="Numbers of rows.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="All that were set aside for this reason code.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that were set aside.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Makes refused or parked events wait again, after what they were refused for was put right."""
    from settlement.operations.inbox.replay import replay_events as replay

    ids = inbox_ids or []
    if (bool(ids), code is not None, everything).count(True) != 1:
        raise typer.BadParameter("name rows by their numbers, or use --code CODE, or --all")
    with opened() as runtime:
        replayed = replay(runtime.store, ids, code=code)
        nudge_events(runtime)
    if as_json:
        print_json({"waiting_again": sorted(replayed)})
        return
    print(f"waiting again: {counted(len(replayed), 'event')}")


@app.command("dismiss")
def dismiss_events(
    inbox_ids: Annotated[
        list[int], typer.Argument(parser=to_number, metavar="ID...", help="Numbers of rows.")
    ],
    because: Annotated[str, typer.Option("--because", metavar="TEXT", help="How they were dealt with.")],
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Takes refused events that were dealt with out of what `status` and `doctor` count. They are kept as they are."""
    from settlement.operations.inbox.replay import dismiss_events as dismiss
    from worker.policies.versions import who

    actor, why = (to_name(text) for text in (by or who(), because))
    with opened() as runtime:
        dismiss(runtime.store, inbox_ids, at=runtime.now(), by=actor, because=why)
    if as_json:
        print_json({"dismissed": sorted(set(inbox_ids))})
        return
    print(f"dismissed by {actor}: {counted(len(set(inbox_ids)), 'event')}")


def _facts(row: InboxView, zone: tzinfo) -> list[tuple[str, str]]:
    facts = [
        ("row", str(row.id)),
        ("state", row.state),
        ("type", row.type or "-"),
        ("account", row.account or "-"),
        ("source", row.source),
        ("event id", row.event_id),
        ("correlation id", row.correlation_id or f"{row.source}/{row.event_id}"),
        ("ingress", row.door),
        ("occurred", local(row.occurred_at, zone)),
        ("received", local(row.received_at, zone)),
        ("finished", local(row.finished_at, zone)),
    ]
    if row.reason is not None:
        facts += [("reason", f"{row.reason_code}: {row.reason}")]
        if row.dismissed_at is not None:
            facts += [
                (
                    "dismissed",
                    f"{local(row.dismissed_at, zone)} by {row.dismissed_by}: {row.dismissed_because}",
                )
            ]
        elif row.conflict_of is None:
            facts += [("then", f"put right what it names, then `settle inbox replay {row.id}`")]
    return facts
