"""`settle listen`: announcements as they come."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from interfaces.cli.render.output import JsonOption, printable, remark
from interfaces.cli.session import opened
from interfaces.fields.field import as_object, cells
from interfaces.fields.values import json_text
from interfaces.fields.webhooks import ANNOUNCEMENTS

POLL_S = 0.5
_PAGE = 500


def listen(
    topic: Annotated[
        str | None, typer.Option(help="Only this topic; bill.* is every one that begins so.")
    ] = None,
    account: Annotated[str | None, typer.Option(help="Only of this account.")] = None,
    after: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Begin after this announcement; default: with the next one."),
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many.")] = None,
    timeout: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="End after so long. Default: never.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Shows announcements as they come. Outcomes of events are among them; Ctrl-C ends it.

    With --json each is a line, as a webhook brings it.
    """
    from settlement.queries.programs import announcements

    until = None if timeout is None else time.monotonic() + timeout
    printed = 0
    with opened() as runtime:
        zone = runtime.policy.zone
        with runtime.store.transaction() as tx:
            seen = after or announcements.last(tx)
        remark("listening; Ctrl-C ends it")
        while count is None or printed < count:
            limit = _PAGE if count is None else min(_PAGE, count - printed)
            with runtime.store.transaction() as tx:
                found = announcements.rows(
                    tx, limit=limit, after=seen, topic=topic, account=account, everyone=True
                )
            for row in found:
                if as_json:
                    line = json_text(as_object(ANNOUNCEMENTS, row), on_one_line=True)
                else:
                    line = "  ".join(printable(cell) for cell in cells(ANNOUNCEMENTS, row, zone))
                print(line, flush=True)
            printed += len(found)
            if found:
                seen = found[-1].id
            elif until is not None and time.monotonic() >= until:
                return
            else:
                time.sleep(POLL_S)
