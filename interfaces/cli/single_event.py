"""One event, sent by a command as an upstream system would send it, and waited for."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.commands.events.senders import Via, checked_arrival, sender
from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import remark
from settlement.errors import OutcomeUnknown, Refused

if TYPE_CHECKING:
    from interfaces.cli.commands.events.delivery import Item
    from settlement.queries.inbox import InboxView
    from worker.runtime import Runtime

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The name it was opened under.")]
EventIdOption = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key", "--event-id", metavar="KEY",
        help="Repeat it to repeat the command, which then changes nothing; default: a new one.",
    ),
]  # fmt: skip
SOURCE = "cli"
STAYS_S = 60.0


def sent_before(runtime: Runtime, event_id: str | None) -> InboxView | None:
    """The event that an earlier command sent under this key, if there is one."""
    from settlement.queries import inbox

    if event_id is None:
        return None
    with runtime.store.transaction() as tx:
        return inbox.by_identity(tx, SOURCE, event_id)


def begins_at(runtime: Runtime, since: str | None, event_id: str | None) -> str:
    """From when on something is good, as an event carries it: as it was given; of a repeated key as it was sent
    before; else now.
    """
    from interfaces.cli.arguments import to_instant
    from settlement.model.instants import instant_text

    if since is not None:
        return instant_text(to_instant(since, runtime.policy.zone))
    known = sent_before(runtime, event_id)
    data = known.data if known is not None and isinstance(known.data, dict) else {}
    return str(data.get("valid_from") or instant_text(runtime.now()))


def send_event(
    runtime: Runtime, account: str, event_type: str, data: dict[str, Any], *, event_id: str | None = None
) -> None:
    """Books the event in this process, so that its outcome is known when the command ends.

    Raises:
        Refused: the event was refused, by its shape or by a rule.
        CommandFailed: nobody knows whether it arrived; the remedy names the id under which it may be sent again.
    """
    from interfaces.cli.commands.events.delivery import Delivery, Item, Stay

    message = {
        "source": SOURCE, "event_id": event_id or str(uuid.uuid4()), "type": event_type, "account": account,
        "data": data,
    }  # fmt: skip
    arrival = checked_arrival(message, ingress="cli")

    def refused(_: Item, row: InboxView) -> None:
        raise Refused(row.reason_code or "refused", row.reason or "")

    delivery = Delivery(
        runtime, sender(Via.SQL, runtime), Stay.HANDLED_HERE, timeout_s=STAYS_S, on_refused=refused
    )
    try:
        delivery.bring([Item(1, message, arrival)])
        delivery.finish()
        if delivery.total.repeated:
            remark(f"already done: the same was sent under the key {event_id} before; nothing has changed")
    except OutcomeUnknown as error:
        again = f"--idempotency-key {message['event_id']} makes sending it again harmless"
        raise CommandFailed(ExitCode.OUTCOME_UNKNOWN, str(error), again) from error
