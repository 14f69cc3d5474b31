"""Events about billing relationships between a main account and its members."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settlement.events.inbound.fields import EventData, Name
from settlement.model.commands.command import EventHead
from settlement.model.commands.relationships import (
    RelationshipAccepted,
    RelationshipEnded,
    RelationshipRequested,
)


class RelationshipRequestedData(EventData):
    """The event's account asks to be the main account of `member`. A member has one main account; nobody is both."""

    TYPE = "relationship_requested"
    EXAMPLE = '{"member": "acct-member"}'

    member: Name

    def command(self, head: EventHead) -> RelationshipRequested:
        return RelationshipRequested(head, self.member)


class RelationshipAcceptedData(EventData):
    """The event's account, the member, agrees."""

    TYPE = "relationship_accepted"
    EXAMPLE = '{"main": "acct-main"}'

    main: Name

    def command(self, head: EventHead) -> RelationshipAccepted:
        return RelationshipAccepted(head, self.main)


class RelationshipEndedData(EventData):
    """Either side ends it."""

    TYPE = "relationship_ended"
    EXAMPLE = '{"other": "acct-member"}'

    other: Annotated[Name, Field(description="the other side")]

    def command(self, head: EventHead) -> RelationshipEnded:
        return RelationshipEnded(head, self.other)


EVENTS = (RelationshipRequestedData, RelationshipAcceptedData, RelationshipEndedData)
