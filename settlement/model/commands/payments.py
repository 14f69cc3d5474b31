"""Payments of bills by hand. Rule: R8."""

from __future__ import annotations

from dataclasses import dataclass

from settlement.model.commands.command import Command, Related
from settlement.model.cycle import Cycle


@dataclass(frozen=True, slots=True)
class PaymentRequested(Command):
    """A manual payment. None leaves a part to its default: the outstanding, the last channel used. Rule: R8.1."""

    payment: str
    cycle: Cycle
    currency: str
    total_minor: int | None
    balance_minor: int | None
    channel: str | None

    def related(self) -> Related:
        """What it needs beside its own account."""
        return Related(cycles=[self.cycle], payments=[self.payment], by_people=True)


@dataclass(frozen=True, slots=True)
class PaymentCancelled(Command):
    """Gives up a manual payment that is in progress."""

    payment: str

    def related(self) -> Related:
        """What it needs beside its own account."""
        return Related(by_people=True)
