"""`settle emit`: sends one event, or a file of them, by any of the doors."""

from __future__ import annotations

import difflib
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.commands.events.senders import Sender, Via, checked_arrival, sender
from interfaces.cli.failures import CommandFailed, ExitCode, failure_of
from interfaces.cli.nudges import nudge_events
from interfaces.cli.render.output import JsonOption, print_json, remark
from interfaces.cli.render.progress import BYTES, Meter, Reading, metered
from interfaces.cli.render.refused_rows import Refusals, RefusedRow
from interfaces.cli.session import opened
from interfaces.fields.field import as_objects
from interfaces.fields.repayments import PAID
from interfaces.fields.values import Json, amount_text, bill_name, counted

if TYPE_CHECKING:
    from interfaces.cli.commands.events.delivery import Delivery, Item, Stay
    from settlement.queries.inbox import InboxView

FILE_NAMES = (".jsonl", ".ndjson", ".json")
STANDARD_INPUT = "-"


def emit(  # noqa: PLR0913, PLR0917 - one option per field of an event
    what: Annotated[
        str,
        typer.Argument(
            metavar="TYPE|FILE",
            help="A type, like top_up (any other word lists them); or a file of events, one JSON object a line; or -.",
        ),
    ],
    account: Annotated[str | None, typer.Option(help="The account the event is about.")] = None,
    amount: Annotated[str | None, typer.Option(help="Decimal, like 12.34.")] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217, like USD.")] = None,
    data: Annotated[str | None, typer.Option(metavar="JSON", help="Further fields of `data`.")] = None,
    event_id: Annotated[
        str | None,
        typer.Option(
            "--event-id", "--idempotency-key", help="Repeat it to repeat the event; default: a new one."
        ),
    ] = None,
    source: Annotated[str, typer.Option(help="Who sends.")] = "cli",
    via: Annotated[Via, typer.Option(help="The ingress to use.")] = Via.SQL,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until workers have handled the events.")] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Handle them in this process and show the outcome.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="How long to stay.")] = 60.0,
    as_json: JsonOption = False,
) -> None:
    """Sends an event, or a file of events. The same event sent again changes nothing.

    Exits with 4 when an event was refused. Refused events are kept: `settle inbox list --refused`.
    """
    from interfaces.cli.commands.events.delivery import Delivery, Item, Stay
    from settlement.events.envelope import arrival_of
    from settlement.events.registry import EVENT_TYPES

    stay = Stay.HANDLED_HERE if now else Stay.HANDLED_BY_WORKERS if wait else Stay.SENT
    with opened() as runtime, Refusals(None) as refusals:
        channel = sender(via, runtime)

        def refused(item: Item, row: InboxView) -> None:
            what_was_it = f"{row.type or 'event'} {row.source}/{row.event_id}"
            refusals.add(RefusedRow(what, item.line, what_was_it, f"{row.reason_code}: {row.reason}"))

        delivery = Delivery(runtime, channel, stay, timeout_s=timeout, on_refused=refused)
        message = None
        if what in EVENT_TYPES:
            message = _message(what, account, amount, currency, data, event_id, source)
            remark(f"event {message['source']}/{message['event_id']}")
        elif any(option is not None for option in (account, amount, currency, data, event_id)):
            _check_file(what)
            raise typer.BadParameter("--account, --amount, --currency, --data and --event-id go with a TYPE")
        try:
            if message is None:
                _bring_file(what, channel, delivery)
            else:
                delivery.bring([Item(1, message, arrival_of(message, ingress=channel.ingress))])
            if via is Via.SQL and stay is not Stay.HANDLED_HERE and delivery.total.accepted:
                nudge_events(runtime)
            delivery.finish()
        except Exception as error:
            _explain_how_to_repeat(error, message)
            raise
    _report(delivery, refusals, message, via, stay, as_json=as_json)
    if refusals.count:
        raise CommandFailed(
            ExitCode.REFUSED,
            f"{refusals.count:,} of {counted(delivery.total.sent, 'event')} refused",
            "they are kept: `settle inbox list --refused`; after a fix, `settle inbox replay`",
        )


def _explain_how_to_repeat(error: Exception, message: dict[str, Any] | None) -> None:
    """An event whose fate is open may be sent again only under its own id; a new one would be another event."""
    failure = failure_of(error)
    if message is not None and failure.code == ExitCode.OUTCOME_UNKNOWN:
        again = f"--event-id {message['event_id']} makes sending it again harmless"
        raise CommandFailed(failure.code, failure.message, again) from error


def _message(
    event_type: str,
    account: str | None,
    amount: str | None,
    currency: str | None,
    data: str | None,
    event_id: str | None,
    source: str,
) -> dict[str, Any]:
    """The event that the options describe. One that could never be accepted is refused here, before it is sent."""
    if not account:
        raise typer.BadParameter(f"{event_type} needs --account")
    fields: Any = {}
    if data is not None:
        try:
            fields = json.loads(data)
        except ValueError as error:
            raise typer.BadParameter(f"--data is not JSON: {error}") from None
        if not isinstance(fields, dict):
            raise typer.BadParameter("--data must be a JSON object")
    for name, value in (("amount", amount), ("currency", currency)):
        if value is not None:
            fields[name] = value
    message = {
        "source": source,
        "event_id": event_id or str(uuid.uuid4()),
        "type": event_type,
        "account": account,
        "data": fields,
    }
    checked_arrival(message, ingress="cli")
    return message


def _check_file(name: str) -> None:
    """What is no type has to be a file."""
    from settlement.events.registry import EVENT_TYPES

    if name == STANDARD_INPUT or Path(name).is_file():
        return
    if name.endswith(FILE_NAMES) or "/" in name:
        raise typer.BadParameter(f"there is no file {name}")
    near = difflib.get_close_matches(name, EVENT_TYPES, n=1)
    suggestion = f"did you mean {near[0]}? " if near else ""
    raise typer.BadParameter(
        f"{name!r} is neither an event type nor a file; {suggestion}types are {', '.join(EVENT_TYPES)}"
    )


def _bring_file(name: str, channel: Sender, delivery: Delivery) -> None:
    if name == STANDARD_INPUT:
        _bring_lines(typer.get_binary_stream("stdin"), None, channel, delivery, name)
        return
    _check_file(name)
    path = Path(name)
    with path.open("rb") as stream:
        _bring_lines(stream, path.stat().st_size, channel, delivery, name)


def _bring_lines(stream: IO[bytes], size: int | None, channel: Sender, delivery: Delivery, name: str) -> None:
    from interfaces.cli.commands.events.delivery import CHUNK_BYTES, CHUNK_EVENTS, Item
    from settlement.events.envelope import arrival_of

    chunk: list[Item] = []
    size = read = 0
    with metered(f"emit {Path(name).name}", unit=BYTES) as meter:
        for line, text, length in _lines(stream):
            message = channel.shape(text)
            chunk.append(Item(line, message, arrival_of(message, ingress=channel.ingress)))
            size += length
            read += length
            if len(chunk) >= CHUNK_EVENTS or size >= CHUNK_BYTES:
                delivery.bring(chunk)
                chunk, size = [], 0
                _show(meter, delivery, read, size)
        if chunk:
            delivery.bring(chunk)
            _show(meter, delivery, read, size)


def _show(meter: Meter, delivery: Delivery, read: int, size: int | None) -> None:
    meter.show(Reading(read, size, f"{delivery.total.sent:,} events"))


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes, int]]:
    """Lines with text on them: number from 1, text, bytes taken. Of a line too long to be an event only a part."""
    from settlement.events.envelope import MAX_EVENT_BYTES

    number = 0
    while text := stream.readline(MAX_EVENT_BYTES + 2):
        number += 1
        length = len(text)
        kept = text
        while not text.endswith(b"\n") and (text := stream.readline(MAX_EVENT_BYTES)):
            length += len(text)
        if kept.strip():
            yield number, kept.strip() if len(kept) <= MAX_EVENT_BYTES else kept, length


def _report(
    delivery: Delivery,
    refusals: Refusals,
    message: dict[str, Any] | None,
    via: Via,
    stay: Stay,
    *,
    as_json: bool,
) -> None:
    from interfaces.cli.commands.events.delivery import Stay

    total = delivery.total
    confirms = via is Via.SQL
    stayed = stay is not Stay.SENT
    if as_json:
        event: Json = (
            None if message is None else {"source": message["source"], "event_id": message["event_id"]}
        )
        print_json(
            {
                "via": via.value,
                "event": event,
                "sent": total.sent,
                "accepted": total.accepted if confirms else None,
                "repeated": total.repeated if confirms else None,
                "refused": refusals.count if confirms or stayed else None,
                "done": total.done if stayed else None,
                "paid": as_objects(PAID, delivery.paid) if stayed else None,
                "refused_rows": refusals.as_json()["refused_rows"],
            }
        )
        return
    if confirms:
        print(f"{total.accepted:,} accepted, {total.repeated:,} known already, {total.refused:,} refused")
    else:
        print(f"{total.sent:,} sent by {via.value}")
    if stayed:
        print(f"{total.done:,} done, {total.set_aside:,} refused or parked")
        _print_paid(delivery, message)
    refusals.print()


def _print_paid(delivery: Delivery, message: dict[str, Any] | None) -> None:
    """Every bill that one event paid; of a file of events only the sums."""
    if message is not None:
        for row in delivery.paid:
            print(
                f"paid {amount_text(row.amount_minor, row.currency)} of {bill_name(row.account, row.cycle)}"
            )
        return
    sums: Counter[str] = Counter()
    for row in delivery.paid:
        sums[row.currency] += row.amount_minor
    for currency, minor in sorted(sums.items()):
        print(f"paid {amount_text(minor, currency)}")
