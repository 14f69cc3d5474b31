"""Unified settlements. Rule: R9.3."""

from __future__ import annotations

from settlement.model.commands.unified_settlements import (
    UnifiedClosed,
    UnifiedDeleted,
    UnifiedListed,
    UnifiedOrdered,
    UnifiedRun,
)
from settlement.plans.events.batch import Batch, handle
from settlement.plans.payments import unified_settlements as settlements


@handle.register
def make_list(command: UnifiedListed, batch: Batch) -> None:
    """A new settlement, or the list of a draft made anew."""
    main = batch.account(command.head.account)
    if command.is_new:
        settlements.create(batch.draft, main, command)
    else:
        settlements.edit(batch.draft, main, command)


@handle.register
def put_in_order(command: UnifiedOrdered, batch: Batch) -> None:
    """The list of a draft reordered and cut down."""
    settlements.edit(batch.draft, batch.account(command.head.account), command)


@handle.register
def run(command: UnifiedRun, batch: Batch) -> None:
    """A draft begins to pay."""
    settlements.run(batch.draft, batch.account(command.head.account), command)


@handle.register
def close(command: UnifiedClosed, batch: Batch) -> None:
    """Ended; what is not paid stays unpaid."""
    settlements.close(batch.draft, batch.account(command.head.account), command)


@handle.register
def delete(command: UnifiedDeleted, batch: Batch) -> None:
    """Taken off the list."""
    settlements.delete(batch.draft, batch.account(command.head.account), command)
