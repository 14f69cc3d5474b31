"""Which coupons come off a bill. Rule: R4.7."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from settlement.model.accounts import AccountId
from settlement.model.funds import Coupon
from settlement.rules.coupons import CouponUse, coupon_uses
from tests.support.builders import utc

AT = utc("2026-11-02 04:00")


def coupon(number: int, balance: int, **more: Any) -> tuple[Coupon, int]:
    plain: dict[str, Any] = {
        "id": number, "account_id": AccountId(1), "external_id": f"c{number}", "kind": "amount_off",
        "balance_minor": balance, "valid_from": AT - timedelta(days=9), "valid_until": AT + timedelta(days=9),
        "granted_at": AT - timedelta(days=9),
    }  # fmt: skip
    return Coupon(**(plain | more)), balance


def test_the_coupon_that_expires_first_goes_first_and_nothing_is_taken_beyond_the_bill():
    soon = coupon(3, 40, valid_until=AT + timedelta(seconds=1))
    assert coupon_uses(100, [coupon(1, 70), coupon(2, 70), soon], AT) == [
        CouponUse(3, 40, 0), CouponUse(1, 60, 0),
    ]  # fmt: skip


def test_what_a_single_use_coupon_does_not_need_lapses():
    assert coupon_uses(30, [coupon(1, 50, kind="single_use")], AT) == [CouponUse(1, 30, 20)]


def test_a_coupon_before_its_time_or_at_its_end_takes_nothing():
    early, over = coupon(1, 5, valid_from=AT + timedelta(seconds=1)), coupon(2, 5, valid_until=AT)
    assert coupon_uses(30, [early, over], AT) == []


@given(st.integers(0, 500), st.lists(st.tuples(st.integers(0, 200), st.booleans()), max_size=6))
def test_coupons_take_all_they_can_and_no_more(payable, balances):
    owned = [
        coupon(number, balance, kind="single_use" if once else "amount_off")
        for number, (balance, once) in enumerate(balances, start=1)
    ]
    uses = coupon_uses(payable, owned, AT)
    assert sum(use.amount_minor for use in uses) == min(payable, sum(balance for _, balance in owned))
    left = {coupon.id: balance for coupon, balance in owned}
    assert all(
        use.amount_minor > 0 and use.amount_minor + use.lapses_minor <= left[use.coupon_id] for use in uses
    )
