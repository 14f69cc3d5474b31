"""The source on credit refunds: the month rule, and writing off past bills. Rule: R7.1, R7.2."""

from __future__ import annotations

import pytest

from tests.support.story import at_local, bill_in, explained, fee_on, reasons, state
from tests.support.world import World

pytestmark = pytest.mark.usefixtures("audited")


def months(world: World, *cycles: str, zone: str = "Asia/Shanghai", **account: object) -> None:
    """An account that owes 30.00 for each of these months, all issued, with a limit that opens the gate."""
    bill_in(world, zone, f"{cycles[0]}-05 09:00")
    world.open("a", credit_limit="1000", **account)
    for month in cycles:
        at_local(world, f"{month}-10 09:00").tick()
        fee_on(world, "a", "30", f"{month}-10 09:00")
    year, month_no = map(int, cycles[-1].split("-"))
    after = f"{year + month_no // 12}-{month_no % 12 + 1:02d}"
    at_local(world, f"{after}-02 12:00").tick()


def give_back(world: World, amount: str, cycle: str | None = None) -> None:
    more = {} if cycle is None else {"cycle": cycle}
    assert world.send("refund", "a", amount=amount, currency="USD", **more).refused == 0


def bills(world: World) -> list[int]:
    """What is paid of each bill, oldest first."""
    return [paid for _, _, paid in world.bills("a").values()]


@pytest.mark.parametrize(
    ("cycle", "paid"),
    [("2028-01", 2000), ("2028-02", 2000), ("2028-03", 0)],
    ids=["before", "of it", "after"],
)
def test_a_refund_of_the_month_before_or_of_the_bills_own_month_pays_it_and_one_of_the_month_after_does_not(
    world: World, cycle: str, paid: int
) -> None:
    months(world, "2028-02")
    give_back(world, "20.00", cycle)
    assert bills(world) == [paid]
    refused = [] if paid else ["refund_not_eligible"]
    assert reasons(world, "a", "2028-02") == [*refused, "no_funds"]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_a_refund_belongs_to_the_local_month_in_which_it_is_booked(world: World, zone: str) -> None:
    months(world, "2026-10", "2026-11", zone=zone)
    # One second before December ends, then in January: both are after the bills, and differ for the next one.
    at_local(world, "2026-12-31 23:59:59")
    give_back(world, "5.00")
    at_local(world, "2027-01-01 00:00")
    give_back(world, "7.00")
    assert world.rows("SELECT cycle FROM credit_refund ORDER BY id") == [(202612,), (202701,)]
    assert bills(world) == [0, 0]


def test_refunds_not_used_up_pay_bills_of_later_months(world: World) -> None:
    months(world, "2026-10")
    give_back(world, "50.00", "2026-10")
    assert bills(world) == [3000]
    fee_on(world, "a", "30", "2026-11-10 09:00")
    at_local(world, "2026-12-02 12:00").tick()
    assert bills(world) == [3000, 2000]


def test_with_write_off_of_past_bills_refunds_pay_earlier_bills_in_the_order_they_were_generated(
    world: World,
) -> None:
    months(world, "2026-10", "2026-11", "2026-12", credit_control=True)
    give_back(world, "50.00", "2027-01")
    assert bills(world) == [0, 0, 0]
    found = explained(world, "a", "2026-10")
    assert [str(reason.code) for reason in found.reasons] == [
        "credit_control",
        "refund_not_eligible",
        "no_funds",
    ]
    assert "turning on the write-off of past bills" in found.reasons[1].remedy
    world.send("account_changed", "a", write_off_past_bills=True)
    assert bills(world) == [3000, 2000, 0]
    assert "refund_not_eligible" not in reasons(world, "a", "2026-12")


def test_a_standard_account_cannot_write_off_past_bills_with_refunds(world: World) -> None:
    months(world, "2026-10", write_off_past_bills=True)
    give_back(world, "50.00", "2026-11")
    assert bills(world) == [0]
    found = explained(world, "a", "2026-10").reasons[0]
    assert found.events == ()
    assert "for accounts on credit control" in found.remedy


def test_the_oldest_refund_goes_first(world: World) -> None:
    months(world, "2026-10", auto_write_off=False)
    for amount, cycle in (("4.00", "2026-10"), ("5.00", "2026-09"), ("100.00", "2026-10")):
        world.now = world.now.replace(minute=world.now.minute + 1)
        give_back(world, amount, cycle)
    world.send("account_changed", "a", auto_write_off=True)
    assert [row[1:3] for row in world.payments("a")] == [("refund", 400), ("refund", 500), ("refund", 2100)]
    assert state(world, "a", "2026-10") == ("settled", 3000, 3000)
