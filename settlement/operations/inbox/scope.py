"""Which other accounts, settlements and payments the acts of people concern; read before the accounts are locked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from settlement.model.commands.accounts import Command, Transfer
from settlement.model.commands.payments import (
    PaymentCancelled,
    PaymentRequested,
    PulledBack,
    RelationshipAccepted,
    RelationshipEnded,
    RelationshipRequested,
    UnifiedClosed,
    UnifiedDeleted,
    UnifiedListed,
    UnifiedOrdered,
    UnifiedRun,
)
from settlement.model.cycle import Cycle
from settlement.storage.load.payments import RepayingScope
from settlement.storage.work import unified_settlements


@dataclass(slots=True)
class Tied:
    """Names of accounts, cycles of bills to load although they are settled, and what else is to be loaded."""

    names: set[str] = field(default_factory=set)
    cycles: list[Cycle] = field(default_factory=list)
    scope: RepayingScope | None = None


def tied_to(tx: Connection, commands: Sequence[Command]) -> Tied:
    """What these commands concern besides the accounts they come from. Asks nothing for events of other kinds."""
    tied = Tied()
    payments: list[tuple[str, str]] = []
    settlements: list[tuple[str, str]] = []
    is_any = False
    for command in commands:
        match command:
            case Transfer() | PulledBack():
                tied.names.add(command.from_account)
            case RelationshipRequested():
                tied.names.add(command.member)
            case RelationshipAccepted():
                tied.names.add(command.main)
            case RelationshipEnded():
                tied.names.add(command.other)
            case PaymentRequested():
                payments.append((command.head.account, command.payment))
                tied.cycles.append(command.cycle)
            case PaymentCancelled():
                pass
            case UnifiedListed():
                tied.names.update(command.accounts)
                settlements.append((command.head.account, command.settlement))
            case UnifiedOrdered() | UnifiedRun() | UnifiedClosed() | UnifiedDeleted():
                settlements.append((command.head.account, command.settlement))
            case _:
                continue
        is_any = True
    if is_any:
        ids = unified_settlements.named(tx, settlements)
        tied.names.update(unified_settlements.names_listed(tx, ids))
        tied.scope = RepayingScope(settlements=ids, payments=payments)
    return tied
