"""Bills and their lines as they stand at this point of a plan."""

from __future__ import annotations

from datetime import datetime

from settlement.model.bills import Bill, BillLine, BillState
from settlement.model.rows.bills import Issuance


class WorkingBill:
    """A bill as it stands at this point of the plan. `issuance`: with what it is issued, where this plan issues it."""

    __slots__ = (
        "accrued",
        "carried_in",
        "cycle",
        "issuance",
        "overdue",
        "paid_minor",
        "payable_minor",
        "reserved_minor",
        "settled_at",
        "touched",
    )

    def __init__(self, bill: Bill) -> None:
        (
            _, self.cycle, _, self.accrued, self.carried_in, self.payable_minor, self.paid_minor, self.overdue,
            self.reserved_minor,
        ) = bill  # fmt: skip
        self.settled_at: datetime | None = None
        self.issuance: Issuance | None = None
        self.touched = False

    def __lt__(self, other: WorkingBill) -> bool:
        return self.cycle < other.cycle

    @property
    def state(self) -> BillState:
        """The state that follows from the figures."""
        if self.payable_minor is None:
            return "accruing"
        return "settled" if self.paid_minor == self.payable_minor else "unsettled"


class WorkingLine:
    """A bill's line with what cards have paid of it."""

    __slots__ = ("card_paid_minor", "line", "touched")

    def __init__(self, line: BillLine) -> None:
        self.line = line
        self.card_paid_minor = line.card_paid_minor
        self.touched = False
