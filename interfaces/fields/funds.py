"""Stored value cards, coupons and credit refunds as they are presented."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import money, words
from settlement.model.cycle import cycle_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from settlement.model.funds import FundSource
    from settlement.queries.funds import CardView, CouponView, CreditRefundView


def card_fields(now: datetime) -> Fields[CardView]:
    """A stored value card; `now` decides whether it is valid."""
    return (
        Field("card", "card", lambda row: row.external_id),
        figure("balance", "left", lambda row: money(row.balance_minor, row.currency)),
        Field("valid_from", "from", lambda row: row.valid_from),
        Field("valid_until", "until", lambda row: row.valid_until),
        Field("state", "state", lambda row: validity(row, now)),
        Field("", "only for", lambda row: ", ".join([*(row.products or ()), *(row.orders or ())])),
        Field("products", "", lambda row: row.products),
        Field("orders", "", lambda row: row.orders),
    )


def coupon_fields(now: datetime) -> Fields[CouponView]:
    """A coupon; `now` decides whether it is valid."""
    return (
        Field("coupon", "coupon", lambda row: row.external_id),
        Field("kind", "kind", lambda row: row.kind, seen=lambda row: words(row.kind)),
        figure("balance", "left", lambda row: money(row.balance_minor, row.currency)),
        Field("valid_from", "from", lambda row: row.valid_from),
        Field("valid_until", "until", lambda row: row.valid_until),
        Field("state", "state", lambda row: validity(row, now)),
        Field("granted_at", "", lambda row: row.granted_at),
    )


CREDIT_REFUNDS: Fields[CreditRefundView] = (
    Field("cycle", "month", lambda row: cycle_text(row.cycle)),
    figure("remaining", "remaining", lambda row: money(row.remaining_minor, row.currency)),
    Field("granted_at", "granted", lambda row: row.granted_at),
)


def fund_fields(now: datetime) -> Mapping[FundSource, Fields[Any]]:
    """The fields of every kind; `now` decides whether one is valid."""
    return {"card": card_fields(now), "coupon": coupon_fields(now), "refund": CREDIT_REFUNDS}


def validity(fund: CardView | CouponView, now: datetime) -> str:
    """`valid`, `not yet`, `expired` or `used up`; what is left on one that expired is booked off the day after."""
    if now >= fund.valid_until:
        return "expired"
    if not fund.balance_minor:
        return "used up"
    return "not yet" if now < fund.valid_from else "valid"
