"""The source on automatic write-off: issuance in many zones, cards before the balance, remittances. Rule: R3, R4."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.builders import utc
from tests.support.fake_gateway import FakeGateway
from tests.support.story import at_local, bill_in, fee_on, local_instant, reasons, state
from tests.support.world import World

# At noon on the 2nd, local time, in winter, in summer, in a leap year and where clocks changed the night before.
ISSUANCES = [
    ("Asia/Shanghai", "2026-10", "2026-11-02 04:00"),
    ("Asia/Kolkata", "2026-10", "2026-11-02 06:30"),
    ("America/New_York", "2026-10", "2026-11-02 17:00"),
    ("America/New_York", "2027-05", "2027-06-02 16:00"),
    ("Europe/Berlin", "2028-02", "2028-03-02 11:00"),
    ("Europe/Berlin", "2027-03", "2027-04-02 10:00"),
    ("Africa/Cairo", "2027-04", "2027-05-02 09:00"),
    ("Pacific/Auckland", "2026-12", "2027-01-01 23:00"),
]


pytestmark = pytest.mark.usefixtures("audited")


def card(world: World, account: str, until: str, amount: str = "100.00", **more: object) -> None:
    """A card, good from the beginning of 2020 up to a local time."""
    given = {
        "card": "gift", "amount": amount, "currency": "USD", "valid_from": "2020-01-01T00:00:00Z",
        "valid_until": local_instant(world, until),
    } | more  # fmt: skip
    assert world.send("card_activated", account, **given).refused == 0


# ----------------------------------------------------------------------------------------------- issuance
@pytest.mark.parametrize(("zone", "month", "instant"), ISSUANCES)
def test_bills_are_issued_at_noon_on_the_second_local_time_and_paid_at_once(
    world: World, zone: str, month: str, instant: str
) -> None:
    bill_in(world, zone, f"{month}-05 09:00")
    world.open("a", opening_cash="100.00")
    last = at_local(world, f"{month}-28 23:59").now
    fee_on(world, "a", "30", f"{month}-28 23:58")
    assert last < utc(instant)
    world.at(instant)
    world.now -= timedelta(seconds=1)
    world.tick()
    assert state(world, "a", month) == ("accruing", None, 0)
    assert reasons(world, "a", month) == ["not_issued"]
    world.at(instant).tick()
    assert state(world, "a", month) == ("settled", 3000, 3000)
    assert world.payments("a")[0][3] == utc(instant)


@pytest.mark.parametrize(
    ("zone", "month", "last", "first"),
    [
        ("Asia/Shanghai", "2028-02", "2028-02-29 23:59:59", "2028-03-01 00:00"),
        ("America/New_York", "2026-10", "2026-10-31 23:59:59", "2026-11-01 00:00"),
        ("Europe/Berlin", "2027-10", "2027-10-31 23:59:59", "2027-11-01 00:00"),
    ],
)
def test_a_month_ends_at_local_midnight(world: World, zone: str, month: str, last: str, first: str) -> None:
    bill_in(world, zone, f"{month}-05 09:00")
    world.open("a", credit_limit="100.00")
    at_local(world, first)
    fee_on(world, "a", "1", last)
    fee_on(world, "a", "2", first)
    later = f"{first[:7]}"
    assert world.rows("SELECT cycle, CAST(accrued AS int) FROM bill ORDER BY cycle") == [
        (int(month.replace("-", "")), 1), (int(later.replace("-", "")), 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "month", "sweep"),
    [
        ("Asia/Shanghai", "2028-02", "2028-02-29 15:00"),
        ("America/New_York", "2027-02", "2027-03-01 04:00"),
        ("Europe/Berlin", "2027-10", "2027-10-31 22:00"),
    ],
)
def test_at_the_end_of_the_month_one_deduction_for_what_stayed_below_the_threshold(
    world: World, zone: str, month: str, sweep: str
) -> None:
    gateway = FakeGateway()
    bill_in(world, zone, f"{month}-05 09:00")
    world.open("a")
    method = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    assert world.send("payment_method_added", "a", **method).refused == 0
    fee_on(world, "a", "300", f"{month}-05 09:00")
    world.at(sweep)
    world.now -= timedelta(seconds=1)
    world.tick()
    assert world.attempts("a") == []
    world.at(sweep).tick()
    world.tick()
    world.charge(gateway)
    assert world.attempts("a") == [("sweep", "succeeded", 30_000)]
    world.now += timedelta(days=4)
    world.tick()
    assert state(world, "a", month) == ("settled", 30_000, 30_000)


# ----------------------------------------------------------------------------------------------- cards
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Europe/Berlin"])
@pytest.mark.parametrize(
    ("until", "paid"), [("10-01 00:00", False), ("10-01 00:00:01", True), ("11-01 00:00", True)]
)
def test_a_card_pays_the_bill_of_the_last_month_it_overlaps_although_that_is_issued_after_its_end(
    world: World, zone: str, until: str, paid: bool
) -> None:
    bill_in(world, zone, "2026-09-25 09:00")
    world.open("a", credit_limit="100.00")
    card(world, "a", f"2026-{until}")
    fee_on(world, "a", "60", "2026-10-10 09:00")
    # However late the month close runs: it goes by its own instant, and the day's expiry waits for it.
    at_local(world, "2026-11-03 09:00").tick()
    assert state(world, "a", "2026-10") == (("settled", 6000, 6000) if paid else ("unsettled", 6000, 0))
    assert world.one("SELECT balance_minor FROM stored_value_card") == 0
    lapsed = 4000 if paid else 10_000
    assert world.rows("SELECT amount_minor FROM ledger_transfer WHERE credit = 'expired'") == [(lapsed,)]
    if not paid:
        # What was left of it is booked off, so there is no card any more to give as a reason.
        assert reasons(world, "a", "2026-10") == ["no_funds"]


def test_the_card_first_then_the_balance(world: World) -> None:
    bill_in(world, "Asia/Shanghai", "2026-10-05 09:00")
    world.open("a", opening_cash="100.00")
    card(world, "a", "2027-01-01 00:00", "25.00")
    world.send("refund", "a", amount="15.00", currency="USD", cycle="2026-10")
    fee_on(world, "a", "60", "2026-10-10 09:00")
    at_local(world, "2026-11-02 12:00").tick()
    assert [row[1:3] for row in world.payments("a")] == [("card", 2500), ("refund", 1500), ("cash", 2000)]


# ----------------------------------------------------------------------------------------------- coupons
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize(("until", "left"), [("12:00", 6000), ("12:00:01", 5500)])
def test_a_coupon_comes_off_as_the_bill_is_issued_if_it_is_good_at_noon(
    world: World, zone: str, until: str, left: int
) -> None:
    bill_in(world, zone, "2026-10-05 09:00")
    world.open("a", auto_write_off=False)
    given = {"coupon": "c", "kind": "single_use", "amount": "5.00", "currency": "USD"}
    valid = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": local_instant(world, f"2026-11-02 {until}")}
    assert world.send("coupon_granted", "a", **given, **valid).refused == 0
    fee_on(world, "a", "60", "2026-10-10 09:00")
    at_local(world, "2026-11-02 12:00").tick()
    assert state(world, "a", "2026-10") == ("unsettled", 6000, 6000 - left)


# ----------------------------------------------------------------------------------------------- the balance
def test_a_remittance_pays_bills_in_the_order_they_were_generated_until_it_is_used_up(world: World) -> None:
    bill_in(world, "Asia/Shanghai", "2027-12-05 09:00")
    world.open("a", credit_control=True, credit_limit="1000")
    for month in ("2027-12", "2028-01", "2028-02"):
        at_local(world, f"{month}-10 09:00")
        fee_on(world, "a", "30", f"{month}-10 09:00")
    at_local(world, "2028-03-02 12:00").tick()
    world.top_up("a", "70.00")
    assert list(world.bills("a").values()) == [
        ("settled", 3000, 3000), ("settled", 3000, 3000), ("unsettled", 3000, 1000),
    ]  # fmt: skip
    world.top_up("a", "100.00")
    assert state(world, "a", "2028-02") == ("settled", 3000, 3000)
    assert world.cash("a") == 8000


def test_with_the_feature_off_a_remittance_pays_nothing_and_turning_it_on_pays(world: World) -> None:
    bill_in(world, "Asia/Shanghai", "2026-10-05 09:00")
    world.open("a", credit_control=True, credit_limit="1000", auto_write_off=False)
    fee_on(world, "a", "30", "2026-10-10 09:00")
    at_local(world, "2026-11-02 12:00").tick()
    world.top_up("a", "70.00")
    assert state(world, "a", "2026-10") == ("unsettled", 3000, 0)
    assert reasons(world, "a", "2026-10") == ["switch_off", "credit_control"]
    world.send("account_changed", "a", auto_write_off=True)
    assert state(world, "a", "2026-10") == ("settled", 3000, 3000)
