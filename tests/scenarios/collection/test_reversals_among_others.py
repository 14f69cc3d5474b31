"""A payment is taken back while others act on the same money: settlements, payments by hand, refunds of ours.

Rule: R5.9, R9.3, R8.4.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from settlement.model.gateway.charges import Unknown
from settlement.model.gateway.refund_calls import RefundFailed
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import CARD
from tests.support.reversals import balanced, look, reversals
from tests.support.world import World

OCT = 202610
BILL, CHARGED = 150_000, 100_000
OTHER = CARD | {"method": "other", "method_token": "pm_2", "make_default": False}


@pytest.fixture
def partly(world: World, gateway: FakeGateway) -> World:
    """Account `a`, whose card paid 1,000.00 of October's 1,500.00 before it was removed, and `b`, owing
    50.00; both are members of `main`. It is 5 November.
    """
    world.open("a", "b", "main")
    world.tie("main", "a", "b")
    world.fee("b", "50")
    world.send("payment_method_added", "a", **CARD)
    world.fee("a", "1000")
    world.charge(gateway)
    world.fee("a", "500")
    world.send("payment_method_removed", "a", method="visa")
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a")[OCT] == ("unsettled", BILL, CHARGED)
    return days_checked(world.at("2026-11-05 00:00"))


def days_checked(world: World) -> World:
    """Nothing is owed of the calendar by now."""
    world.tick()
    return world


def charge_of(gateway: FakeGateway) -> str:
    return next(iter(gateway.books))


def unified(world: World, act: str, **data: Any) -> int:
    return world.send(f"unified_settlement_{act}", "main", settlement="u1", **data).refused


# ---------------------------------------------------------------------------------------------- unified settlements
def test_a_bill_of_a_waiting_settlement_that_is_owed_again_is_paid_whole_by_it(partly, gateway):
    assert unified(partly, "created", accounts=["a"], cycles=["2026-10"]) == 0
    assert unified(partly, "run") == 0
    partly.top_up("a", "2000.00")
    gateway.refund_there(charge_of(gateway), CHARGED, at=partly.now)
    look(partly, gateway)
    assert partly.bills("a")[OCT] == ("unsettled", BILL, 0), "its own funds wait for the settlement"
    balanced(partly, gateway)
    partly.top_up("main", "600.00")
    partly.tick()
    assert partly.bills("a")[OCT] == ("unsettled", BILL, 60_000)
    assert partly.announced("unified_settlement.completed") == []
    partly.top_up("main", "900.00")
    partly.tick()
    assert partly.bills("a")[OCT] == ("settled", BILL, BILL)
    assert (partly.cash("main"), partly.cash("a")) == (0, 200_000)
    assert partly.announced("unified_settlement.completed") == ["unified_settlement.completed"]
    balanced(partly, gateway)


def test_a_bill_that_a_running_settlement_is_done_with_is_its_own_accounts_again_when_that_is_over(
    partly, gateway
):
    assert unified(partly, "created", accounts=["a", "b"], cycles=["2026-10"]) == 0
    partly.top_up("main", "500.00")
    assert unified(partly, "run") == 0
    assert partly.bills("a")[OCT] == ("settled", BILL, BILL)
    assert partly.bills("b")[OCT] == ("unsettled", 5_000, 0)
    gateway.refund_there(charge_of(gateway), CHARGED, at=partly.now)
    look(partly, gateway)
    partly.top_up("a", "400.00")
    assert partly.bills("a")[OCT] == ("unsettled", BILL, BILL - CHARGED), (
        "held as long as the settlement runs"
    )
    balanced(partly, gateway)
    partly.top_up("main", "1000.00")
    partly.tick()
    assert partly.announced("unified_settlement.completed") == ["unified_settlement.completed"]
    assert partly.bills("b")[OCT][0] == "settled"
    assert partly.bills("a")[OCT] == ("unsettled", BILL, BILL - 60_000)
    assert (partly.cash("main"), partly.cash("a")) == (95_000, 0)
    balanced(partly, gateway)


def test_a_bill_owed_again_after_its_settlement_is_its_own_accounts_again(partly, gateway):
    partly.top_up("main", "500.00")
    assert unified(partly, "created", accounts=["a"], cycles=["2026-10"]) == 0
    assert unified(partly, "run") == 0
    partly.tick()
    assert partly.announced("unified_settlement.completed") == ["unified_settlement.completed"]
    gateway.refund_there(charge_of(gateway), CHARGED, at=partly.now)
    look(partly, gateway)
    assert partly.bills("a")[OCT] == ("unsettled", BILL, BILL - CHARGED), (
        "what the main account paid stays paid"
    )
    balanced(partly, gateway)
    partly.top_up("main", "5000.00")
    partly.tick()
    assert partly.bills("a")[OCT][2] == BILL - CHARGED, "the settlement is over"
    partly.top_up("a", "1000.00")
    assert partly.bills("a")[OCT] == ("settled", BILL, BILL)
    balanced(partly, gateway)


def test_a_main_account_that_owes_for_a_payment_taken_back_pays_that_before_its_settlement(world, gateway):
    world.open("main", "a")
    world.tie("main", "a")
    world.send("payment_method_added", "main", **CARD)
    world.fee("main", "1500")
    world.charge(gateway)
    world.fee("main", "-500")
    world.fee("a", "700")
    world.at("2026-11-02 04:00").tick()
    assert (world.bills("main")[OCT], world.cash("main")) == (("settled", 100_000, 100_000), 50_000)
    unified(world, "created", accounts=["a"], cycles=["2026-10"])
    unified(world, "run")
    assert (world.bills("a")[OCT], world.cash("main")) == (("unsettled", 70_000, 50_000), 0)
    gateway.refund_there(charge_of(gateway), 150_000, at=world.now)
    look(world, gateway)
    assert reversals(world) == [("refund", "succeeded", 150_000, 50_000)]
    assert world.bills("a")[OCT] == ("unsettled", 70_000, 50_000), "the members' bills stay paid"
    balanced(world, gateway)
    world.top_up("main", "600.00")
    world.tick()
    assert reversals(world) == [("refund", "succeeded", 150_000, 0)]
    assert world.cash("main") == 0
    balanced(world, gateway)


# ---------------------------------------------------------------------------------------------- payments by hand
def test_a_payment_by_hand_under_way_pays_its_part_and_the_rest_is_owed_again(partly, gateway):
    partly.send("payment_method_added", "a", **OTHER)
    partly.send("bill_payment_requested", "a", payment="p1", cycle="2026-10", currency="USD", channel="other")
    gateway.answers = [Unknown("no answer")]
    partly.charge(gateway)
    gateway.refund_there(charge_of(gateway), CHARGED, at=partly.now)
    look(partly, gateway)
    assert partly.bills("a")[OCT] == ("unsettled", BILL, 0)
    balanced(partly, gateway)
    partly.now += timedelta(minutes=10)
    partly.charge(gateway)
    partly.now += timedelta(days=1)
    partly.charge(gateway)
    balanced(partly, gateway)
    paid = partly.bills("a")[OCT][2]
    assert paid == sum(gateway.taken_minor()) - CHARGED
    assert partly.one("SELECT sum(reserved_minor) FROM bill") == 0


def test_cash_set_aside_for_a_payment_is_not_taken_and_what_it_would_have_covered_is_owed(world, gateway):
    world.open("a", auto_write_off=False)
    world.send("payment_method_added", "a", **CARD)
    world.send("payment_method_added", "a", **OTHER)
    world.fee("a", "1500")
    world.charge(gateway)
    world.fee("a", "-500")
    world.at("2026-11-02 04:00").tick()
    assert (world.bills("a")[OCT], world.cash("a")) == (("settled", 100_000, 100_000), 50_000)
    world.send("payment_method_removed", "a", method="visa")
    world.fee("a", "900", "2026-11-05T00:00:00Z")
    world.at("2026-12-02 04:00").tick()
    pay = {
        "payment": "p1",
        "cycle": "2026-11",
        "currency": "USD",
        "from_balance": "500.00",
        "channel": "other",
    }
    assert world.send("bill_payment_requested", "a", **pay).refused == 0, world.refused()
    gateway.refund_there(charge_of(gateway), 150_000, at=world.now)
    look(world, gateway)
    assert reversals(world) == [("refund", "succeeded", 150_000, 50_000)]
    assert (world.bills("a")[OCT], world.cash("a")) == (("unsettled", 100_000, 0), 50_000)
    balanced(world, gateway)
    assert world.charge(gateway) == 1
    assert (world.bills("a")[202611], world.cash("a")) == (("settled", 90_000, 90_000), 0)
    assert reversals(world) == [("refund", "succeeded", 150_000, 50_000)]
    world.top_up("a", "500.00")
    assert reversals(world) == [("refund", "succeeded", 150_000, 0)]
    balanced(world, gateway)


# ---------------------------------------------------------------------------------------------- refunds of ours
@pytest.fixture
def paid(world: World, gateway: FakeGateway) -> World:
    """Account `a`, whose October was charged, 1,500.00, and is settled by it. It is 5 November."""
    world.open("a")
    world.send("payment_method_added", "a", **CARD)
    world.fee("a", "1500")
    world.charge(gateway)
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a")[OCT] == ("settled", BILL, BILL)
    return days_checked(world.at("2026-11-05 00:00"))


def given_back(world: World, gateway: FakeGateway, amount: str) -> None:
    world.send("refund", "a", amount=amount, currency="USD", to="original_method")
    world.give_back(gateway)


@pytest.mark.parametrize("disputed", [BILL, 100_000])
def test_what_we_gave_back_ourselves_is_not_taken_back_once_more_by_a_dispute_of_the_rest_or_all(
    paid, gateway, disputed
):
    given_back(paid, gateway, "500.00")
    dispute = gateway.dispute(charge_of(gateway), disputed, at=paid.now)
    look(paid, gateway)
    assert reversals(paid) == [("dispute", "needs_response", disputed, 0)]
    assert paid.bills("a")[OCT] == ("unsettled", BILL, BILL - disputed)
    assert (paid.refunds("a"), paid.cash("a")) == ([(1, "succeeded", 50_000)], 0)
    balanced(paid, gateway)
    gateway.change(dispute.gateway_ref, state="won", funds="returned")
    look(paid, gateway)
    assert paid.bills("a")[OCT] == ("settled", BILL, BILL)
    balanced(paid, gateway)


def test_a_refund_of_ours_that_comes_back_pays_what_a_dispute_made_owed_again(paid, gateway):
    given_back(paid, gateway, "500.00")
    gateway.dispute(charge_of(gateway), 100_000, at=paid.now)
    look(paid, gateway)
    ((ref,),) = paid.rows("SELECT gateway_ref FROM gateway_refund")
    gateway.end_refund(ref, RefundFailed("expired_or_canceled_card", "the bank sent it back"))
    paid.now += timedelta(days=8)
    paid.give_back(gateway)
    assert paid.refunds("a") == [(1, "failed", 50_000)]
    assert paid.bills("a")[OCT] == ("unsettled", BILL, 100_000), "what came back is cash, and cash pays"
    balanced(paid, gateway)


def test_a_refund_that_waits_when_its_charge_is_taken_back_is_given_at_most_once(paid, gateway):
    paid.send("refund", "a", amount="1500.00", currency="USD", to="original_method")
    gateway.dispute(charge_of(gateway), BILL, at=paid.now)
    look(paid, gateway)
    paid.give_back(gateway)
    gone = sum(gateway.given_back_minor()) + BILL
    assert gone in (BILL, 2 * BILL), "as the gateway has it"
    balanced(paid, gateway)


# ---------------------------------------------------------------------------------------------- the end of a dispute
def test_an_inquiry_that_is_closed_moved_nothing_and_lets_the_method_go_on(paid, gateway):
    dispute = gateway.dispute(charge_of(gateway), BILL, funds="untouched", at=paid.now)
    look(paid, gateway)
    paid.fee("a", "2000", "2026-11-05T00:00:00Z")
    assert paid.charge(gateway) == 0
    gateway.change(dispute.gateway_ref, state="closed", funds="untouched")
    look(paid, gateway)
    assert reversals(paid) == [("dispute", "closed", 0, 0)]
    assert paid.bills("a")[OCT] == ("settled", BILL, BILL)
    assert paid.announced("dispute.") == ["dispute.opened", "dispute.closed"]
    assert "charge.reversed" not in paid.announced("charge.")
    assert paid.charge(gateway) == 1
    balanced(paid, gateway)


# ---------------------------------------------------------------------------------------------- time made up for
def test_a_settlement_pays_at_no_missed_instant_before_it_was_run_or_its_money_came(world):
    world.open("a", "b", "main")
    world.tie("main", "a", "b")
    for name in ("a", "b"):
        world.fee(name, "50")
    world.at("2026-11-02 04:00").tick()
    world.at("2026-11-05 00:00")
    assert unified(world, "created", accounts=["a", "b"], cycles=["2026-10"]) == 0
    assert unified(world, "run") == 0
    world.top_up("main", "70.00")
    world.tick()
    world.at("2026-11-09 00:00").top_up("main", "30.00")
    world.tick()
    assert [world.bills(name)[OCT][0] for name in "ab"] == ["settled", "settled"]
    assert world.faults() == 0
