"""Billing relationships between a main account and its members. Rule: R9.1."""

from __future__ import annotations

from settlement.model.commands.relationships import (
    RelationshipAccepted,
    RelationshipEnded,
    RelationshipRequested,
)
from settlement.plans.events.batch import Batch, handle
from settlement.plans.payments import transfers


@handle.register
def request(command: RelationshipRequested, batch: Batch) -> None:
    """Pending until the member agrees."""
    main, member = batch.account(command.head.account), batch.account(command.member)
    transfers.request_relationship(batch.draft, main, member, command)


@handle.register
def accept(command: RelationshipAccepted, batch: Batch) -> None:
    """Valid from now on."""
    member, main = batch.account(command.head.account), batch.account(command.main)
    transfers.accept_relationship(batch.draft, member, main, command)


@handle.register
def end(command: RelationshipEnded, batch: Batch) -> None:
    """Ended by either side."""
    one, other = batch.account(command.head.account), batch.account(command.other)
    transfers.end_relationship(batch.draft, one, other, command)
