"""Available credit: what lifts the gate, with its terms. Rule: R1.5, R1.6."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from settlement.model.money import EXACT, floor_minor


class AvailableCredit(NamedTuple):
    """Cash balance + credit limit - frozen amount, minor units. May be negative; cards are no part of it."""

    cash_minor: int
    credit_limit_minor: int
    frozen_minor: int

    @property
    def minor(self) -> int:
        """The sum of the three terms."""
        return self.cash_minor + self.credit_limit_minor - self.frozen_minor


def accruing_minor(accrued: Decimal, carried_in: Decimal, currency: str) -> int:
    """What a cycle not issued yet would come to, rounded down as its bill will be, never below zero."""
    return max(0, floor_minor(EXACT.add(accrued, carried_in) if carried_in else accrued, currency))


def uncollected_minor(accruing: int, collected: int) -> int:
    """What of a cycle's accruing fees was not collected yet. Only that is frozen, or to be collected. Rule: R1.5c."""
    return max(0, accruing - collected)


def spendable_cash(cash_minor: int, frozen_minor: int) -> int:
    """Cash that automatic write-off may take: all but what an operator froze. Rule: R4.4."""
    return max(0, cash_minor - frozen_minor)
