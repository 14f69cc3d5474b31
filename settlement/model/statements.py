"""How a balance went from the beginning of a month to its end. Rule: R10.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from settlement.model.funds import FUNDS, STORED, LedgerKind

# What an account holds, or owes (receivable), in the ledger's own words.
BalanceKind = LedgerKind
BALANCE_KINDS: tuple[BalanceKind, ...] = (
    "receivable", "cash", *(FUNDS[source].ledger for source in STORED), "collected", "refunding", "reversal",
)  # fmt: skip


class Moved(NamedTuple):
    """All entries between one of an account's ledger accounts and one kind of counter account, in one direction.

    `ref` tells cards, coupons, refunds, charges apart, and for a receivable is its cycle. Minor units, above zero:
    `within_minor` in the month, `after_minor` since. `into`: credited to the account, else debited.
    """

    account_id: int
    fund: BalanceKind
    ref: int
    counter: str
    into: bool
    within_minor: int
    after_minor: int


class Movement(NamedTuple):
    """Everything of one kind that moved a balance in the month, minor units; below zero where it lowered it."""

    what: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RollForward:
    """A balance over a month: opening + movements = closing. Minor units."""

    opening_minor: int
    movements: tuple[Movement, ...]

    @property
    def closing_minor(self) -> int:
        """The balance at the end of the month."""
        return self.opening_minor + sum(movement.amount_minor for movement in self.movements)

    @property
    def is_empty(self) -> bool:
        """Was there nothing, and did nothing move."""
        return not self.opening_minor and not self.movements

    def moved(self, what: str) -> int:
        """The movement of one kind, zero where there was none."""
        return sum(movement.amount_minor for movement in self.movements if movement.what == what)
