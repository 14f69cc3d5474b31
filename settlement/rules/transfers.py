"""How much may go from a main account to a member, and back. Rule: R9.2."""

from __future__ import annotations

from settlement.rules.credit import AvailableCredit


def transferable_minor(transferred_in_minor: int, held_minor: int, available: AvailableCredit) -> int:
    """What may be sent on: cash that did not come by transfer and is not set aside, within available credit.

    Minor units, never below zero.
    """
    own = available.cash_minor - max(transferred_in_minor, held_minor)
    return max(0, min(own, available.minor))


def returnable_minor(returnable: int, spendable_minor: int) -> int:
    """What may be pulled back: what was sent and is not spent, as far as it is neither frozen nor set aside."""
    return max(0, min(returnable, spendable_minor))
