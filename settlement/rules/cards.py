"""May this stored value card pay this line of a bill now? One predicate, one place. Rule: R4.6."""

from __future__ import annotations

from datetime import datetime, tzinfo
from enum import StrEnum

from settlement.model.bills import BillLine
from settlement.model.funds import StoredValueCard
from settlement.rules.calendar import cycle_bounds


class CardClause(StrEnum):
    """The clause for which a card cannot be used."""

    NOT_VALID_NOW = "not_valid_now"
    NOT_VALID_IN_MONTH = "not_valid_in_month"
    OUT_OF_SCOPE = "out_of_scope"
    SPANS_MONTHS = "spans_months"
    NOT_NAMED_FOR_ORDER = "not_named_for_order"


def card_refused_by(card: StoredValueCard, line: BillLine, at: datetime, zone: tzinfo) -> CardClause | None:
    """The first clause that keeps the card from paying the line at the instant `at`, or None when it may."""
    if not card.valid_from <= at < card.valid_until:
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


def spending_order(card: StoredValueCard) -> tuple[datetime, datetime, int]:
    """Sort key: the card that expires first, then the one granted first, then the lower id. Rule: R4.5."""
    return card.valid_until, card.granted_at, card.id
