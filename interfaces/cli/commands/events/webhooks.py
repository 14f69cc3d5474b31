"""`settle webhooks`: announcements delivered to web addresses."""

from __future__ import annotations

from typing import Annotated

import typer

from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import JsonOption, LimitOption, print_json, print_page, print_rows, remark
from interfaces.cli.session import opened, reading
from interfaces.fields.field import as_objects
from interfaces.fields.values import counted
from interfaces.fields.webhooks import DELIVERIES, ENDPOINTS

app = typer.Typer(
    help="Webhooks: announcements to web addresses. Their secrets are shown once.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(metavar="ENDPOINT", help="The name of the endpoint.")]


@app.command("list")
def list_endpoints(as_json: JsonOption = False) -> None:
    """Every endpoint: what it gets, how it does, what waits for it."""
    from settlement.queries.programs import webhooks

    with reading() as read:
        found = webhooks.endpoints(read.tx)
    if as_json:
        print_json({"endpoints": as_objects(ENDPOINTS, found)})
        return
    print_rows(ENDPOINTS, found, read.zone)


@app.command("add")
def add(
    name: Name,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where it is: https://...")],
    topic: Annotated[
        list[str] | None, typer.Option(help="A topic, or bill.*; repeat it for more. Default: all.")
    ] = None,
    account: Annotated[
        list[str] | None, typer.Option(help="An account, or team-*; repeat it for more. Default: all.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Whose events' outcomes it gets as well: event.done, event.refused.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Adds an endpoint and shows its secret, this once. It gets what is announced from now on."""
    from settlement.operations.webhooks import endpoints

    with opened() as runtime:
        secret = endpoints.add_endpoint(
            runtime.store, name, url, topics=topic or (), accounts=account or (), source=source,
            private=runtime.settings.webhooks.private_addresses,
        )  # fmt: skip
    _show_secret(name, secret, as_json=as_json)


@app.command("test")
def send_test(name: Name, as_json: JsonOption = False) -> None:
    """Sends a signed message of the type webhook.test now and shows the response. Exits with 4 when it is not taken."""
    from settlement.operations.webhooks import endpoints
    from worker.runtime import host_now

    with opened() as runtime:
        response = endpoints.try_endpoint(
            runtime.store, name, at=host_now(), private=runtime.settings.webhooks.private_addresses
        )
    if as_json:
        print_json({"status": response.status, "response": response.text})
    else:
        print(f"{response.status or 'no response'}: {response.text}".rstrip(": "))
    if response.status is None or not 200 <= response.status < 300:
        raise CommandFailed(
            ExitCode.REFUSED, f"{name} did not take the message", "a receiver takes it with a status of 2xx"
        )


@app.command("rotate")
def rotate(
    name: Name,
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=720, help="For how long the secret before it signs as well.")
    ] = 24.0,
    as_json: JsonOption = False,
) -> None:
    """A new secret, shown this once. Messages carry both signatures until the time is over."""
    from settlement.operations.webhooks import endpoints

    with opened() as runtime:
        secret = endpoints.rotate_secret(runtime.store, name, overlap_s=overlap_hours * 3600)
    _show_secret(name, secret, as_json=as_json)


@app.command("pause")
def pause(name: Name) -> None:
    """Delivers nothing there until it is resumed. What is announced meanwhile waits."""
    from settlement.operations.webhooks import endpoints

    with opened() as runtime:
        endpoints.pause_endpoint(runtime.store, name)
    print(f"{name} is paused")


@app.command("resume")
def resume(name: Name) -> None:
    """Delivers again, at once, whatever it was paused for."""
    from settlement.operations.webhooks import endpoints

    with opened() as runtime:
        endpoints.resume_endpoint(runtime.store, name)
    print(f"{name} is resumed")


@app.command("remove")
def remove(name: Name) -> None:
    """Takes an endpoint away with all that waits for it."""
    from settlement.operations.webhooks import endpoints

    with opened() as runtime:
        endpoints.remove_endpoint(runtime.store, name)
    print(f"{name} is removed")


@app.command("deliveries")
def deliveries(
    name: Name,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that were not taken yet.")] = False,
    limit: LimitOption = 50,
    after: Annotated[int | None, typer.Option(metavar="ROW", help="Continue after this one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Messages to an endpoint, the newest first, with the last response to each."""
    from settlement.queries.programs import webhooks

    with reading() as read:
        found = webhooks.deliveries(read.tx, name, limit=limit + 1, after=after, waiting=waiting)
    print_page(
        "deliveries",
        DELIVERIES,
        found,
        read.zone,
        limit=limit,
        cursor=lambda row: row.outbox_id,
        as_json=as_json,
    )


@app.command("replay")
def replay(
    name: Name,
    first: Annotated[
        str, typer.Option("--from", metavar="ID", help="The first announcement to deliver again.")
    ],
    last: Annotated[str, typer.Option("--to", metavar="ID", help="The last one.")],
    as_json: JsonOption = False,
) -> None:
    """Delivers again what was announced from one id to another, in order, under the same ids."""
    from settlement.operations.webhooks import endpoints

    with opened() as runtime:
        count = endpoints.replay(runtime.store, name, first=first, last=last)
    if as_json:
        print_json({"again": count})
        return
    print(f"to be delivered again: {counted(count, 'announcement')}")


def _show_secret(name: str, secret: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"endpoint": name, "secret": secret})
        return
    print(secret)
    remark(f"the secret of {name}; it is not shown again")
