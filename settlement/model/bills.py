"""The bill of one account for one cycle, and the lines it is made of. Rule: R1.2, R2.*, R3.1."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from settlement.model.accounts import AccountId
from settlement.model.cycle import Cycle

BillState = Literal["accruing", "unsettled", "settled"]


class Bill(NamedTuple):
    """A bill as loaded. Its key is (account, cycle).

    `accrued` is the exact sum of the cycle's fees in major units; `carried_in` the credit (zero or below) left over
    by the cycle before. `payable_minor` exists once the bill is issued. `overdue`: it was found overdue. Rule: R6.2.
    `reserved_minor` is what a manual payment under way is about to pay. Rule: R8.2.
    """

    account_id: AccountId
    cycle: Cycle
    state: BillState
    accrued: Decimal
    carried_in: Decimal
    payable_minor: int | None
    paid_minor: int
    overdue: bool = False
    reserved_minor: int = 0

    @property
    def outstanding_minor(self) -> int:
        """What is still to be paid, minor units; zero before the bill is issued."""
        return (self.payable_minor or 0) - self.paid_minor


@dataclass(frozen=True, slots=True)
class BillLine:
    """What one product and order put on the bill: the grain at which a stored value card applies.

    `single_month` is false for charges that reach over a month's end or were booked late, which no card may pay.
    `order_id` is empty where the fee names no order.
    """

    account_id: AccountId
    cycle: Cycle
    product: str
    order_id: str
    single_month: bool
    accrued: Decimal
    card_paid_minor: int
