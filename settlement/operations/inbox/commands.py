"""Inbox rows as commands: each read once, with what it names or why it is refused."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from settlement.errors import Refused
from settlement.events.registry import parse_event
from settlement.model.commands.command import Command, EventHead
from settlement.model.rows.outcomes import EventOutcome
from settlement.storage.work.inbox import InboxRow


class RowCommands:
    """What rows have been read to be, by their ids."""

    def __init__(self) -> None:
        self._read: dict[int, Command | EventOutcome] = {}

    def of(self, row: InboxRow) -> Command | EventOutcome:
        """The command of a row, or its refusal."""
        known = self._read.get(row.id)
        if known is None:
            known = self._read[row.id] = _read(row)
        return known

    def others(self, row: InboxRow) -> Collection[str]:
        """The other accounts that an event is about: what those received before comes first."""
        try:
            read = self.of(row)
        except Exception:  # noqa: BLE001 - it fails again when it is booked, and is counted there as its own fault
            return ()
        return read.related().accounts if isinstance(read, Command) else ()

    def commands(self, rows: Sequence[InboxRow]) -> tuple[list[Command], list[EventOutcome]]:
        """The commands of these rows in their order, and the refusals of what is none."""
        commands: list[Command] = []
        refusals: list[EventOutcome] = []
        for row in rows:
            read = self.of(row)
            if isinstance(read, Command):
                commands.append(read)
            else:
                refusals.append(read)
        return commands, refusals


def _read(row: InboxRow) -> Command | EventOutcome:
    try:
        head = EventHead(
            row.id, row.source, row.account, row.correlation_id, row.received_at, row.event_id, row.type
        )
        return parse_event(head, row.type, _decoded(row.data))
    except Refused as refusal:
        return EventOutcome(row.id, "refused", refusal.code, refusal.message)


def _decoded(data: str) -> object:
    """PostgreSQL stores numbers of more digits, and lists within more lists, than Python reads; such an event is
    refused like any other bad one.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Refused("bad_shape", f"data: {error}") from None
