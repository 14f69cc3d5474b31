"""Events about stored value cards and coupons."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settlement.errors import Refused
from settlement.events.inbound.fields import Amount, Currency, EventData, Instant, Name
from settlement.model.commands.command import EventHead
from settlement.model.commands.funds import CardActivated, CouponGranted
from settlement.model.funds import CouponKind
from settlement.model.money import parse_amount

Names = Annotated[list[Name], Field(min_length=1, max_length=1000)]
Excluded = Annotated[Instant, Field(description="excluded")]


class CardActivatedData(EventData):
    """A stored value card. It pays the months that its validity overlaps, and lapses with the bill of the last of them
    (R4.6f). Then the write-off.
    """

    TYPE = "card_activated"
    EXAMPLE = (
        '{"card": "gift-1", "amount": "100.00", "currency": "USD", '
        '"valid_from": "2026-11-01T00:00:00Z", "valid_until": "2027-11-01T00:00:00Z", '
        '"products": ["compute"]}'
    )

    card: Name
    amount: Amount
    currency: Currency
    valid_from: Instant
    valid_until: Excluded
    products: Annotated[Names | None, Field(description="up to 1,000; absent: all")] = None
    orders: Annotated[Names | None, Field(description="likewise")] = None

    def command(self, head: EventHead) -> CardActivated:
        if self.valid_from >= self.valid_until:
            raise Refused("bad_shape", "data.valid_until: must be after valid_from")
        return CardActivated(
            head, self.card, self.currency, parse_amount(self.amount, self.currency), self.valid_from, self.valid_until,
            None if self.products is None else frozenset(self.products),
            None if self.orders is None else frozenset(self.orders),
        )  # fmt: skip


class CouponGrantedData(EventData):
    """A coupon: off bill after bill until it is used up (`amount_off`), or off one bill, and the rest lapses
    (`single_use`). It comes off bills when they are issued, never later.
    """

    TYPE = "coupon_granted"
    EXAMPLE = (
        '{"coupon": "welcome", "kind": "amount_off", "amount": "50.00", "currency": "USD", '
        '"valid_from": "2026-11-01T00:00:00+08:00", "valid_until": "2027-11-01T00:00:00+08:00"}'
    )

    coupon: Name
    kind: CouponKind
    amount: Amount
    currency: Currency
    valid_from: Instant
    valid_until: Excluded

    def command(self, head: EventHead) -> CouponGranted:
        if self.valid_from >= self.valid_until:
            raise Refused("bad_shape", "data.valid_until: must be later than valid_from")
        return CouponGranted(
            head, self.coupon, self.kind, self.currency, parse_amount(self.amount, self.currency), self.valid_from,
            self.valid_until,
        )  # fmt: skip


EVENTS = (CardActivatedData, CouponGrantedData)
