"""Which events their senders may send. Whatever is not known by source may send everything. Rule: R12.1."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from settlement.model.commands.command import Command
from settlement.model.policies.senders import NOT_ALLOWED
from settlement.model.rows.outcomes import EventOutcome
from settlement.queries.programs import senders
from settlement.storage.work.inbox import InboxRow


def permitted(
    tx: Connection, rows: Sequence[InboxRow], commands: Sequence[Command]
) -> tuple[list[Command], list[EventOutcome]]:
    """The commands that may be carried out, in their order, and the refusals of the others. One statement for all."""
    known = senders.of_sources(tx, {command.head.source for command in commands})
    if not known:
        return list(commands), []
    types = {row.id: row.type for row in rows}
    allowed: list[Command] = []
    refusals: list[EventOutcome] = []
    for command in commands:
        head, sender = command.head, known.get(command.head.source)
        about = (head.account, *command.related().accounts)
        reason = sender.refusal_of(types[head.inbox_id], about) if sender is not None else None
        if reason is None:
            allowed.append(command)
        else:
            refusals.append(EventOutcome(head.inbox_id, "refused", NOT_ALLOWED, reason))
    return allowed, refusals
