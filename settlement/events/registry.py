"""Every type of event that is accepted, and the way from an inbox row to a command. Rule: R4.1.

A type is declared by its data in `inbound`; what it wants done is a command of `settlement.model.commands`, which names
what it needs loaded, and whose handler stands in `settlement.plans.events`. A test holds the three together.
"""

from __future__ import annotations

from difflib import get_close_matches

from pydantic import ValidationError

from settlement.errors import Refused
from settlement.events.inbound import (
    accounts,
    fees,
    funds,
    methods,
    money,
    payments,
    relationships,
    terms,
    unified_settlements,
)
from settlement.events.inbound.fields import EventData, printable
from settlement.faults import faults_text
from settlement.model.commands.command import Command, EventHead

# In the order of docs/events.md.
SUBJECTS = (
    accounts, money, fees, funds, terms, methods, relationships, payments, unified_settlements,
)  # fmt: skip
EVENTS: dict[str, type[EventData]] = {data.TYPE: data for subject in SUBJECTS for data in subject.EVENTS}
EVENT_TYPES = tuple(EVENTS)


def parse_event(head: EventHead, event_type: str, data: object) -> Command:
    """A validated command from an inbox row.

    Raises:
        Refused: `unknown_type`, `bad_shape` (naming the field and what is wrong), `bad_amount`, `unknown_currency`.
    """
    known = EVENTS.get(event_type)
    if known is None:
        close = get_close_matches(event_type, EVENTS, 1)
        meant = f", {close[0]} may be meant" if close else ""
        raise Refused(
            "unknown_type",
            f"event type {event_type!r} is not known{meant}; known are {', '.join(sorted(EVENTS))}",
        )
    if not head.account:
        raise Refused("bad_shape", "account: the event names no account")
    try:
        printable(head.account)
    except ValueError as error:
        raise Refused("bad_shape", f"account: {error}") from None
    try:
        parsed = known.model_validate(data)
    except ValidationError as error:
        raise Refused("bad_shape", faults_text(error, within="data")) from None
    return parsed.command(head)
