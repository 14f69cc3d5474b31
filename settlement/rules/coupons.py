"""Which coupons take how much off a bill that is being issued. Rule: R4.7."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from settlement.model.funds import Coupon


class CouponUse(NamedTuple):
    """What a coupon takes off the bill, and what of it lapses because it was good for one bill only. Minor units."""

    coupon_id: int
    amount_minor: int
    lapses_minor: int


def coupon_may_apply(coupon: Coupon, at: datetime) -> bool:
    """Is it valid at the instant of issuance."""
    return coupon.valid_from <= at < coupon.valid_until


def coupon_order(coupon: Coupon) -> tuple[datetime, datetime, int]:
    """Sort key: the one that expires first, then the one granted first, then the lower id. Rule: R4.7c."""
    return coupon.valid_until, coupon.granted_at, coupon.id


def coupon_uses(payable_minor: int, coupons: Sequence[tuple[Coupon, int]], at: datetime) -> list[CouponUse]:
    """What coupons, each with its balance, take off a bill of this amount, in order, until nothing is left of it."""
    uses = []
    for coupon, balance in sorted(coupons, key=lambda pair: coupon_order(pair[0])):
        if payable_minor <= 0:
            break
        used = min(payable_minor, balance)
        if used <= 0 or not coupon_may_apply(coupon, at):
            continue
        payable_minor -= used
        uses.append(CouponUse(coupon.id, used, balance - used if coupon.kind == "single_use" else 0))
    return uses
