"""`settle serve`: the HTTP API, and the door for the gateways' webhooks."""

from __future__ import annotations

from typing import Annotated

import typer

from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import remark
from interfaces.cli.session import opened


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; else SETTLE_SERVE__HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port, 0 for a free one; else SETTLE_SERVE__PORT.")
    ] = None,
) -> None:
    """The HTTP API, until it is stopped.

    Programs call it with keys (`settle keys create`). Webhooks of gateways are stored, then handled by the pool of the
    queue `collection`.
    """
    try:
        from interfaces.http import server
        from worker import observe
    except ModuleNotFoundError as error:
        raise CommandFailed(
            ExitCode.ERROR,
            f"the library {error.name} is not installed",
            "install the extra: pip install 'settle-worker[serve]'",
        ) from None
    with opened() as runtime:
        observe.configure(runtime.settings)
        given = runtime.settings.serve
        if not any(gateway.name != "sandbox" for gateway in runtime.gateways.values()):
            remark("no gateway has keys, so no webhook is for us; config/env.example lists SETTLE_GATEWAYS__")
        server.serve(
            runtime,
            host or given.host,
            given.port if port is None else port,
            announce=lambda url: print(f"settle serve listens on {url}", flush=True),
        )
