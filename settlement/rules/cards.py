"""Which stored value card may pay what of a bill, and until when. One predicate, one place. Rule: R4.5, R4.6."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from math import ceil, floor
from typing import NamedTuple

from settlement.model.bills import BillLine
from settlement.model.currencies import EXPONENTS
from settlement.model.cycle import Cycle, cycle_of
from settlement.model.funds import StoredValueCard
from settlement.model.money import EXACT
from settlement.model.policies.policy import Policy
from settlement.rules.calendar import cycle_bounds, issuance_at

_ZERO = Decimal(0)


class CardClause(StrEnum):
    """The clause for which a card cannot be used."""

    NOT_VALID_NOW = "not_valid_now"
    NOT_VALID_IN_MONTH = "not_valid_in_month"
    OUT_OF_SCOPE = "out_of_scope"
    SPANS_MONTHS = "spans_months"
    NOT_NAMED_FOR_ORDER = "not_named_for_order"
    SCOPE_PAID = "scope_paid"


class CardLine(NamedTuple):
    """A line of a bill as cards see it: what it comes to, exact, and what is counted on it as paid by cards. Both in
    minor units.
    """

    amount: Decimal
    paid: int

    @classmethod
    def of(cls, line: BillLine, paid_minor: int, currency: str) -> CardLine:
        """From a line's exact amount in major units."""
        return cls(line.accrued.scaleb(EXPONENTS[currency], EXACT), paid_minor)


def card_refused_by(
    card: StoredValueCard, line: BillLine, at: datetime, zone: tzinfo, *, lapsed: bool
) -> CardClause | None:
    """The first clause that keeps the card from paying the line at the instant `at`, or None when it fits."""
    if at < card.valid_from or lapsed:
        return CardClause.NOT_VALID_NOW
    month_start, month_end = cycle_bounds(line.cycle, zone)
    if card.valid_from >= month_end or card.valid_until <= month_start:
        return CardClause.NOT_VALID_IN_MONTH
    if card.products is not None and line.product not in card.products:
        return CardClause.OUT_OF_SCOPE
    if not line.single_month:
        return CardClause.SPANS_MONTHS
    if card.orders is not None and line.order_id not in card.orders:
        return CardClause.NOT_NAMED_FOR_ORDER
    return None


def last_month(card: StoredValueCard, zone: tzinfo) -> Cycle:
    """The last month that the card's validity overlaps. Rule: R4.6f."""
    return cycle_of(card.valid_until - timedelta.resolution, zone)


def lapses_by(card: StoredValueCard, at: datetime, policy: Policy) -> bool:
    """Has the card lapsed by `at`, unless the bill of its last month still waits for its issuance? Rule: R4.6f.

    That is at its end, or when the bill of the last month that it overlaps is issued, whichever comes later.
    """
    return card.valid_until <= at and issuance_at(last_month(card, policy.zone), policy) <= at


def scope_left(fits: Iterable[CardLine], others: Iterable[CardLine]) -> int:
    """How much a card may still pay of the lines that it fits, minor units. Rule: R4.6g, R4.6h.

    What they come to together, credits included, less what is counted on them as paid by cards, rounded down once. A
    line on which more is counted than it comes to holds a fraction that stands for money of lines beside it: those of
    the lines outside are taken off too, since they may stand for money of these.
    """
    left = _ZERO
    for amount, paid in fits:
        left = EXACT.add(left, amount - paid)
    for amount, paid in others:
        if paid > amount and paid > 0:
            left = EXACT.subtract(left, paid - max(_ZERO, amount))
    return max(0, floor(left))


def counted(amount_minor: int, fits: Sequence[CardLine]) -> list[int]:
    """On which of the lines that a card fits its payment is counted: so much on each. Rule: R4.6h.

    In the order given, whole units of each line first; what is left then are units that lines come to together only.
    """
    parts = [0] * len(fits)
    for rounded in (floor, ceil):
        for place, (amount, paid) in enumerate(fits):
            part = min(amount_minor, max(0, rounded(amount) - paid - parts[place]))
            parts[place] += part
            amount_minor -= part
    if amount_minor:
        raise ValueError(f"{amount_minor} more than the lines come to")
    return parts


def spending_order(card: StoredValueCard) -> tuple[datetime, datetime, int]:
    """Sort key: the card that expires first, then the one granted first, then the lower id. Rule: R4.5."""
    return card.valid_until, card.granted_at, card.id
