"""Unified settlements. Rule: R9.3."""

from __future__ import annotations

from dataclasses import dataclass, field

from settlement.model.commands.command import Command, Related
from settlement.model.cycle import Cycle


@dataclass(frozen=True, slots=True)
class UnifiedCommand(Command):
    """Something that is wanted of the main account's settlement of this name, and only if it is still of
    `if_revision` where that is given.
    """

    settlement: str
    if_revision: str | None = field(default=None, kw_only=True)

    def related(self) -> Related:
        """The settlement with all the accounts on its list."""
        return Related(settlements=[self.settlement], by_people=True)


@dataclass(frozen=True, slots=True)
class UnifiedListed(UnifiedCommand):
    """A unified settlement is created (`is_new`), or its list is made anew: accounts times cycles, in this order."""

    accounts: tuple[str, ...]
    cycles: tuple[Cycle, ...]
    is_new: bool

    def related(self) -> Related:
        """The accounts to list, beside those that are listed."""
        return Related(accounts=self.accounts, settlements=[self.settlement], by_people=True)


@dataclass(frozen=True, slots=True)
class UnifiedOrdered(UnifiedCommand):
    """The bills of a draft are put into this order; those not named are dropped."""

    bills: tuple[tuple[str, Cycle], ...]

    def related(self) -> Related:
        """The accounts of these bills, beside those that are listed."""
        accounts = list(dict.fromkeys(account for account, _ in self.bills))
        return Related(accounts=accounts, settlements=[self.settlement], by_people=True)


@dataclass(frozen=True, slots=True)
class UnifiedRun(UnifiedCommand):
    """Pays the listed bills, now or as soon as there is money."""


@dataclass(frozen=True, slots=True)
class UnifiedClosed(UnifiedCommand):
    """Ends a settlement that is not over: what is not paid stays unpaid."""


@dataclass(frozen=True, slots=True)
class UnifiedDeleted(UnifiedCommand):
    """Takes a settlement off the list; one that runs has to be closed first."""
