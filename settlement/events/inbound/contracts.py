"""Events about contracts and coupons: their data and what they ask for. Part of the published contract."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from settlement.errors import Refused
from settlement.events.inbound.fields import Amount, Currency, CycleText, Data, Instant, Name
from settlement.model.commands.accounts import CouponGranted, TermAgreed
from settlement.model.commands.head import EventHead
from settlement.model.cycle import parse_cycle
from settlement.model.money import parse_amount

# ISO 3166-1, with a subdivision after a dash where public holidays differ inside the country.
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]


class PaymentTermData(Data):
    """A contract period and its term. `period_days` count from the day on which the settlement cycle's last bill is
    issued; business days are those of `country`, without `closing_days`.
    """

    from_cycle: CycleText
    until_cycle: CycleText | None = None
    settlement_cycle: Literal["monthly", "quarterly"] = "monthly"
    period_days: Annotated[int, Field(ge=0, le=365)]
    day_kind: Literal["calendar", "business"] = "calendar"
    country: Country | None = None
    closing_days: Annotated[
        tuple[Annotated[date, Field(strict=False)], ...], Field(max_length=1000, strict=False)
    ] = ()


class CouponGrantedData(Data):
    """A coupon: an amount off, until it is used up, or for a single bill."""

    coupon: Name
    kind: Literal["amount_off", "single_use"]
    amount: Amount
    currency: Currency
    valid_from: Instant
    valid_until: Instant


def term(head: EventHead, _: str, data: PaymentTermData) -> TermAgreed:
    """The term that an event agrees on."""
    until = None if data.until_cycle is None else parse_cycle(data.until_cycle)
    return TermAgreed(
        head, parse_cycle(data.from_cycle), until, data.settlement_cycle, data.period_days, data.day_kind, data.country,
        frozenset(data.closing_days),
    )  # fmt: skip


def coupon(head: EventHead, _: str, data: CouponGrantedData) -> CouponGranted:
    """The coupon that an event grants.

    Raises:
        Refused: its validity ends before it begins.
    """
    if data.valid_from >= data.valid_until:
        raise Refused("bad_shape", "data.valid_until: must be later than valid_from")
    return CouponGranted(
        head, data.coupon, data.kind, data.currency, parse_amount(data.amount, data.currency), data.valid_from,
        data.valid_until,
    )  # fmt: skip
