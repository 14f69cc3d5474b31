"""`settle quarantine`: messages of the broker that no task could take."""

from __future__ import annotations

import sys
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import to_number
from interfaces.cli.options import RowArgument
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
from interfaces.fields.operations.quarantine import MESSAGES
from interfaces.fields.values import counted, local

if TYPE_CHECKING:
    from settlement.queries.quarantine import QuarantineView

PRINTED_BYTES = 2000
app = typer.Typer(
    help="Undeliverable messages: list, show, release, drop. No task could handle them.", no_args_is_help=True
)
Numbers = Annotated[list[int], typer.Argument(parser=to_number, metavar="ID...", help="Numbers of rows.")]


@app.command("list")
def list_messages(
    everything: Annotated[bool, typer.Option("--all", help="Also those released or dropped.")] = False,
    limit: LimitOption = 50,
    after: AfterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Messages that were set aside, the newest first."""
    from settlement.queries import quarantine

    with reading() as read:
        found = quarantine.rows(read.tx, limit=limit + 1, after=after, state=None if everything else "kept")
    print_page("messages", MESSAGES, found, read.zone, limit=limit, as_json=as_json)


@app.command("show")
def show_message(
    message_id: RowArgument,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", help="Write its bytes to this new file; - is stdout."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """One message, with its bytes as text as far as they are some."""
    from settlement.queries import quarantine

    with reading() as read:
        row = quarantine.row(read.tx, message_id)
        raw = quarantine.raw(read.tx, message_id)
    if save == Path("-"):
        sys.stdout.buffer.write(raw)
        return
    if save is not None:
        with save.open("xb") as file:
            file.write(raw)
    if as_json:
        print_json({**as_object(MESSAGES, row), "raw": raw.decode(errors="backslashreplace")})
        return
    print_facts(_facts(row, read.zone))
    print_heading("bytes")
    rendered = raw[:PRINTED_BYTES].decode(errors="backslashreplace")
    print(
        "".join(
            letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in rendered
        )
    )
    if len(raw) > PRINTED_BYTES:
        print(f"... {len(raw) - PRINTED_BYTES:,} bytes more; --save FILE writes all that is kept")


@app.command("release")
def release_messages(message_ids: Numbers, as_json: JsonOption = False) -> None:
    """Puts messages back on their queues, after what they were set aside for was put right. Delivered at least once."""
    from worker.celery.put_back import put_back

    with opened() as runtime:
        released = put_back(runtime, message_ids)
    if as_json:
        print_json({"released": sorted(released)})
        return
    print(f"back on their queues: {counted(len(released), 'message')}")


@app.command("drop")
def drop_messages(message_ids: Numbers, as_json: JsonOption = False) -> None:
    """Deletes the bytes of messages that nobody needs; that they came stays on record."""
    from settlement.operations import quarantine as acts

    with opened() as runtime:
        dropped = acts.drop_messages(runtime.store, message_ids)
    if as_json:
        print_json({"dropped": sorted(dropped)})
        return
    print(f"dropped: {counted(len(dropped), 'message')}")


def _facts(row: QuarantineView, zone: tzinfo) -> list[tuple[str, str]]:
    facts = [
        ("message", str(row.id)),
        ("state", row.state),
        ("queue", row.queue or "-"),
        ("task", row.task or "-"),
        ("received", local(row.received_at, zone)),
        ("came", f"{row.times:,} times" if row.times > 1 else "once"),
        ("size", f"{row.size:,} bytes, {row.kept_bytes:,} of them kept"),
        ("SHA-256", row.sha256.hex()),
        ("reason", f"{row.code}: {row.reason}"),
    ]
    if row.state == "kept":
        facts.append(
            (
                "then",
                f"put right what it names and `settle quarantine release {row.id}`, or `... drop {row.id}`",
            )
        )
    else:
        facts.append((row.state, local(row.finished_at, zone)))
    return facts
