"""How much may go from a main account to a member, and back. Rule: R9.2."""

from __future__ import annotations

from settlement.rules.credit import AvailableCredit


def transferable_minor(transferred_in_minor: int, spendable_minor: int, available: AvailableCredit) -> int:
    """What may be sent on: cash that did not come by transfer, as far as it is spendable, within available credit.

    Minor units, never below zero.
    """
    return max(0, min(available.cash_minor - transferred_in_minor, spendable_minor, available.minor))


def returnable_minor(returnable: int, spendable_minor: int) -> int:
    """What may be pulled back: what was sent and is not spent, as far as it is neither frozen nor set aside."""
    return max(0, min(returnable, spendable_minor))
