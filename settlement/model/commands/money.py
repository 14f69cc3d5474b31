"""Money that comes, moves between accounts and goes back. Rule: R4.1, R7.3, R9.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from settlement.model.commands.command import Command, Move, Related
from settlement.model.cycle import Cycle

RefundTo = Literal["credit", "cash", "original_method"]

# From one account's cash to another's, whichever of them the event is about.
_BETWEEN_ACCOUNTS = (
    Move("cash", "transfer_clearing", out_of="transferred_out"),
    Move("transfer_clearing", "cash", into="transferred_in"),
)


@dataclass(frozen=True, slots=True)
class TopUp(Command):
    """Money arrived from outside."""

    MOVES = (Move("bank_clearing", "cash", into="topped_up"),)

    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Transfer(Command):
    """Money moved from another account of this system. `head.account` receives."""

    MOVES = _BETWEEN_ACCOUNTS

    from_account: str
    currency: str
    amount_minor: int

    def related(self) -> Related:
        """What it needs beside its own account."""
        return Related(accounts=[self.from_account], by_people=True)


@dataclass(frozen=True, slots=True)
class PulledBack(Command):
    """Money that `head.account`, the main account, takes back from a member that has not spent it."""

    MOVES = _BETWEEN_ACCOUNTS

    from_account: str
    currency: str
    amount_minor: int

    def related(self) -> Related:
        """What it needs beside its own account."""
        return Related(accounts=[self.from_account], by_people=True)


@dataclass(frozen=True, slots=True)
class Refund(Command):
    """Money given back: as a credit refund of `cycle` (None: the month of booking), as cash, or the way it came."""

    MOVES = (
        Move("refund_grant", "cash", into="refunded"),
        Move("refund_grant", "refunding", into="given_back"),
    )

    currency: str
    amount_minor: int
    to: RefundTo
    cycle: Cycle | None

    def related(self) -> Related:
        """What it needs beside its own account."""
        return Related(to_method=self.to == "original_method")
