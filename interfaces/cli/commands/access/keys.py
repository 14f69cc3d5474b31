"""`settle keys`: the keys with which programs call the HTTP API. Rule: R12.2."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from interfaces.cli.render.output import JsonOption, LimitOption, print_json, print_page, remark
from interfaces.cli.session import opened, reading
from interfaces.fields.senders import KEYS
from settlement.model.policies.senders import SCOPES, Scope

app = typer.Typer(help="Keys of the HTTP API: create, list, revoke.", no_args_is_help=True)


@app.command("create")
def create_key(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Whose it is, from `settle senders list`.")],
    scopes: Annotated[
        list[str] | None,
        typer.Option("--scope", help="send, read or operate; repeat for more. Without: send and read."),
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="After so many days it is over.")] = None,
    as_json: JsonOption = False,
) -> None:
    """A new key. It is shown this once; only its digest is kept."""
    from settlement.operations.inbox import senders

    unknown = [scope for scope in scopes or () if scope not in SCOPES]
    if unknown:
        raise typer.BadParameter(f"--scope {unknown[0]} is not known; known are {', '.join(SCOPES)}")
    wanted: list[Scope] = [scope for scope in SCOPES if scope in (scopes or ("send", "read"))]
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with opened() as runtime:
        key = senders.create_key(runtime.store, source, wanted, expires_at=expires_at)
    if as_json:
        print_json(
            {"key": key.id, "text": key.text, "source": source, "scopes": wanted, "expires_at": expires_at}
        )
        return
    print(key.text)
    remark(f"key {key.id} of {source} for {', '.join(wanted)}; it is not shown again")


@app.command("list")
def list_keys(
    source: Annotated[str | None, typer.Option(help="Only those of this sender.")] = None,
    limit: LimitOption = 50,
    after: Annotated[str | None, typer.Option(metavar="KEY", help="Continue after this key.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Keys by their public part."""
    from settlement.queries.programs import senders

    with reading() as read:
        found = senders.keys(read.tx, limit=limit + 1, after=after, source=source)
    print_page("keys", KEYS, found, read.zone, limit=limit, as_json=as_json)


@app.command("revoke")
def revoke_key(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its public part, from `settle keys list`.")],
) -> None:
    """The key opens nothing any more, at the latest after five seconds."""
    from settlement.operations.inbox import senders

    with opened() as runtime:
        senders.revoke_key(runtime.store, key)
    print(f"key {key} is revoked")
