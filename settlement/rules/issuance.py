"""From exact accrued fees to the figures of an issued bill. Rule: R1.2, R2.2."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from settlement.model.money import EXACT, floor_to_minor

ZERO = Decimal(0)


class IssuedFigures(NamedTuple):
    """`payable_minor` to pay; `dropped` below the minor unit; `carried_out` (zero or below) for the next cycle."""

    payable_minor: int
    dropped: Decimal
    carried_out: Decimal


def issued_figures(accrued: Decimal, carried_in: Decimal, currency: str) -> IssuedFigures:
    """Sums exactly, rounds down once; a total below zero makes a bill of zero and is carried over whole.

    accrued + carried_in = payable + dropped + carried_out, exactly.
    """
    total = EXACT.add(accrued, carried_in) if carried_in else accrued
    if total < 0:
        return IssuedFigures(0, ZERO, total)
    payable_minor, dropped = floor_to_minor(total, currency)
    return IssuedFigures(payable_minor, dropped, ZERO)
