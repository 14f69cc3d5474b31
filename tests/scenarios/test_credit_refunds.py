"""Credit refunds by month, and "write off past bills", told as a calendar. Rule: R7.1, R7.2."""

from __future__ import annotations

import pytest

from tests.support.builders import DEC, NOV, OCT
from tests.support.world import World

USD = {"currency": "USD"}
SEP = 202609


pytestmark = pytest.mark.usefixtures("audited")


def owing(world: World, **data: object) -> None:
    """Bills of 30.00 for October and 40.00 for November, issued on 2 November and 2 December, nothing paid."""
    world.open("a", credit_limit="1000", **data)
    world.fee("a", "30")
    world.at("2026-11-02 04:00").tick()
    world.fee("a", "40", incurred_at="2026-11-15T00:00:00Z")
    world.at("2026-12-02 04:00").tick()
    assert world.bills("a") == {OCT: ("unsettled", 3000, 0), NOV: ("unsettled", 4000, 0)}


def paid(world: World) -> dict[int, int]:
    return {cycle: paid for cycle, (_, _, paid) in world.bills("a").items() if paid}


@pytest.mark.parametrize(
    ("refund_of", "pays"),
    [
        ("2026-09", {OCT: 3000, NOV: 2000}),  # the month before: both bills are later
        ("2026-10", {OCT: 3000, NOV: 2000}),  # the month of the first bill
        ("2026-11", {NOV: 4000}),  # the month after it
        ("2026-12", {}),  # later than both
    ],
)
def test_a_refund_of_the_month_before_of_the_month_itself_and_of_the_month_after(world, refund_of, pays):
    owing(world, credit_control=True)
    world.send("refund", "a", amount="50.00", cycle=refund_of, **USD)
    assert paid(world) == pays


@pytest.mark.parametrize("refund_of", ["2026-11", "2026-12"])
def test_with_past_bills_on_it_pays_earlier_bills_too_in_the_order_in_which_they_were_issued(
    world, refund_of
):
    owing(world, credit_control=True, write_off_past_bills=True)
    world.send("refund", "a", amount="50.00", cycle=refund_of, **USD)
    assert [row[:3] for row in world.payments("a")] == [(OCT, "refund", 3000), (NOV, "refund", 2000)]


def test_turning_it_on_pays_at_once_and_turning_it_off_takes_nothing_back(world):
    owing(world, credit_control=True)
    world.send("refund", "a", amount="20.00", cycle="2026-12", **USD)
    assert paid(world) == {}
    world.send("account_changed", "a", write_off_past_bills=True)
    assert paid(world) == {OCT: 2000}
    world.send("account_changed", "a", write_off_past_bills=False)
    world.send("refund", "a", amount="5.00", cycle="2026-12", **USD)
    assert paid(world) == {OCT: 2000}


def test_it_counts_only_while_the_account_is_on_credit_control(world):
    owing(world, write_off_past_bills=True)
    world.send("refund", "a", amount="20.00", cycle="2026-12", **USD)
    assert paid(world) == {}, "a standard account's refunds wait for their month"
    world.send("account_changed", "a", credit_control=True)
    assert paid(world) == {OCT: 2000}


def test_the_refund_granted_first_is_used_first_whatever_its_month(world):
    world.open("a", credit_limit="1000")
    world.fee("a", "30")
    for day, amount, month in (
        ("10", "11.00", "2026-10"),
        ("11", "12.00", "2026-09"),
        ("12", "13.00", "2026-08"),
    ):
        world.at(f"2026-10-{day} 00:00").send("refund", "a", amount=amount, cycle=month, **USD)
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a")[OCT] == ("settled", 3000, 3000)
    left = world.rows("SELECT cycle, remaining_minor FROM credit_refund ORDER BY granted_at")
    assert left == [(OCT, 0), (SEP, 0), (202608, 600)]


def test_refunds_of_one_instant_go_by_the_order_in_which_they_arrived(world):
    world.open("a", credit_limit="1000")
    world.fee("a", "30")
    world.receive(*(world.message("refund", "a", amount="20.00", cycle="2026-10", **USD) for _ in range(2)))
    world.drain()
    world.at("2026-11-02 04:00").tick()
    assert world.rows("SELECT remaining_minor FROM credit_refund ORDER BY id") == [(0,), (1000,)]


def test_what_is_left_of_a_refund_pays_the_bills_that_are_still_to_come(world):
    world.open("a", credit_limit="1000")
    world.fee("a", "30")
    world.send("refund", "a", amount="100.00", cycle="2026-10", **USD)
    world.at("2026-11-02 04:00").tick()
    world.fee("a", "40", incurred_at="2026-11-15T00:00:00Z")
    world.at("2026-12-02 04:00").tick()
    world.fee("a", "50", incurred_at="2026-12-15T00:00:00Z")
    world.at("2027-01-02 04:00").tick()
    assert paid(world) == {OCT: 3000, NOV: 4000, DEC: 3000}


def test_a_refund_never_becomes_cash_and_opens_no_gate(world):
    """It is no part of available credit, so with nothing else the bill stays unsettled."""
    world.open("a")
    world.fee("a", "30")
    world.send("refund", "a", amount="50.00", cycle="2026-10", **USD)
    world.at("2026-11-02 04:00").tick()
    assert (paid(world), world.cash("a")) == ({}, 0)
    world.top_up("a", "0.01")
    assert paid(world) == {OCT: 3000}
    assert world.cash("a") == 1
