"""What gateways took back by themselves from an account, at this point of a plan. Rule: R5.9."""

from __future__ import annotations

from collections import Counter

from settlement.model.gateway.booked_reversals import BookedReversal, ReversibleCharge
from settlement.model.snapshot import ReversalPosition


class WorkingReversal:
    """A reversal as it stands at this point of the plan: `booked` is what is on record of it."""

    __slots__ = ("booked", "is_new", "is_touched", "owed_minor")

    def __init__(self, booked: BookedReversal, *, is_new: bool = False) -> None:
        self.booked = booked
        self.owed_minor = booked.owed_minor
        self.is_new = self.is_touched = is_new


class WorkingReversibleCharge:
    """A charge with what is taken back of it at this point of the plan."""

    __slots__ = ("charge", "reversed_minor")

    def __init__(self, charge: ReversibleCharge) -> None:
        self.charge = charge
        self.reversed_minor = charge.reversed_minor


class WorkingReversals:
    """Reversals of one account, the charges they are of, and what those have paid of bills, by number and cycle."""

    __slots__ = ("charges", "last_no", "paid", "reversals")

    def __init__(self, position: ReversalPosition) -> None:
        self.reversals = [WorkingReversal(reversal) for reversal in position.reversals]
        self.charges = {charge.attempt_no: WorkingReversibleCharge(charge) for charge in position.charges}
        self.paid = Counter(position.paid)
        self.last_no = position.last_no

    def find(self, gateway: str, gateway_ref: str) -> WorkingReversal | None:
        """A reversal by the gateway's own id, if it is on record or was made here."""
        key = (gateway, gateway_ref)
        return next((w for w in self.reversals if (w.booked.gateway, w.booked.gateway_ref) == key), None)

    def owed_of(self, attempt_no: int) -> int:
        """What the account owes of what was taken back of a charge."""
        return sum(
            working.owed_minor for working in self.reversals if working.booked.attempt_no == attempt_no
        )

    def next_no(self) -> int:
        """The number of a new one."""
        self.last_no += 1
        return self.last_no
