"""What a gateway does by itself: refunds made there, disputes opened, won and lost. Rule: R5.9."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.model.cycle import Cycle
from settlement.operations.reports.explanations import explain
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import CARD
from tests.support.reversals import balanced, look, reversals
from tests.support.world import World

DAY = timedelta(days=1)
TAKEN = 150_000


@pytest.fixture
def paid(world: World, gateway: FakeGateway) -> World:
    """Account `a`, whose October was charged, 1,500.00, and is settled by it. It is 5 November."""
    world.open("a")
    world.send("payment_method_added", "a", **CARD)
    world.fee("a", "1500")
    world.charge(gateway)
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a")[202610] == ("settled", TAKEN, TAKEN)
    return world.at("2026-11-05 00:00")


def charge_of(gateway: FakeGateway, number: int = 0) -> str:
    return list(gateway.books)[number]


# ---------------------------------------------------------------------------------------------- a refund made there
@pytest.mark.parametrize("amount", [TAKEN, 40_000])
def test_a_refund_made_at_the_gateway_takes_the_payment_back_and_the_bill_is_owed_again(
    paid, gateway, amount
):
    gateway.refund_there(charge_of(gateway), amount, at=paid.now)
    look(paid, gateway)
    assert reversals(paid) == [("refund", "succeeded", amount, 0)]
    assert paid.bills("a")[202610] == ("unsettled", TAKEN, TAKEN - amount)
    assert [(source, minor) for _, source, minor, _ in paid.payments("a")] == [
        ("external", TAKEN), ("external", -amount),
    ]  # fmt: skip
    assert paid.announced("charge.")[-1:] == ["charge.reversed"]
    assert "bill.owed_again" in paid.announced("bill.")
    assert paid.announced("dispute.") == []
    balanced(paid, gateway)


def test_looked_at_again_it_moves_nothing_twice(paid, gateway):
    gateway.refund_there(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    before = paid.image()
    for _ in range(3):
        paid.now += DAY
        look(paid, gateway)
    assert paid.image() == before
    balanced(paid, gateway)


def test_two_refunds_of_one_charge_are_two(paid, gateway):
    for amount in (50_000, 100_000):
        gateway.refund_there(charge_of(gateway), amount, at=paid.now)
    look(paid, gateway)
    assert reversals(paid) == [("refund", "succeeded", 50_000, 0), ("refund", "succeeded", 100_000, 0)]
    assert paid.bills("a")[202610] == ("unsettled", TAKEN, 0)
    balanced(paid, gateway)


def test_a_refund_that_comes_back_pays_the_bill_again(paid, gateway):
    shown = gateway.refund_there(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    gateway.change(shown.gateway_ref, state="failed", funds="returned")
    paid.now += DAY
    look(paid, gateway)
    assert reversals(paid) == [("refund", "failed", 0, 0)]
    assert paid.bills("a")[202610] == ("settled", TAKEN, TAKEN)
    assert paid.announced("charge.")[-2:] == ["charge.reversed", "charge.restored"]
    balanced(paid, gateway)


def test_a_refund_of_ours_is_none_of_it(paid, gateway):
    paid.send("refund", "a", amount="100.00", currency="USD", to="original_method")
    paid.give_back(gateway)
    look(paid, gateway)
    assert reversals(paid) == []
    assert paid.bills("a")[202610] == ("settled", TAKEN, TAKEN)
    balanced(paid, gateway)


def test_what_is_owed_again_is_paid_by_cash_at_once_and_not_charged_by_itself(paid, gateway):
    paid.top_up("a", "100.00")
    gateway.refund_there(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    assert paid.bills("a")[202610] == ("unsettled", TAKEN, 10_000)
    assert paid.cash("a") == 0
    assert paid.charge(gateway) == 0
    assert len(paid.attempts("a")) == 1
    balanced(paid, gateway)
    paid.top_up("a", "2000.00")
    assert paid.bills("a")[202610] == ("settled", TAKEN, TAKEN)
    balanced(paid, gateway)


# ---------------------------------------------------------------------------------------------- where it is taken from
def test_what_is_kept_for_a_bill_to_come_is_taken_first(world, gateway):
    world.open("a")
    world.send("payment_method_added", "a", **CARD)
    world.fee("a", "1500")
    world.charge(gateway)
    gateway.refund_there(charge_of(gateway), 40_000, at=world.now)
    look(world, gateway)
    assert reversals(world) == [("refund", "succeeded", 40_000, 0)]
    assert world.one("SELECT remaining_minor FROM charge_line") == 110_000
    balanced(world, gateway)
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a")[202610][2] == 110_000
    balanced(world, gateway)


def with_excess(world: World, gateway: FakeGateway) -> None:
    """Account `a`, charged 1,500.00 for a bill that turned out to be 1,000.00: 500.00 became cash."""
    world.open("a")
    world.send("payment_method_added", "a", **CARD)
    world.fee("a", "1500")
    world.charge(gateway)
    world.fee("a", "-500")
    world.at("2026-11-02 04:00").tick()
    assert (world.bills("a")[202610], world.cash("a")) == (("settled", 100_000, 100_000), 50_000)
    world.at("2026-11-05 00:00")


def test_the_cash_that_a_charge_left_is_taken_before_its_bills(world, gateway):
    with_excess(world, gateway)
    gateway.refund_there(charge_of(gateway), 60_000, at=world.now)
    look(world, gateway)
    assert (world.bills("a")[202610], world.cash("a")) == (("unsettled", 100_000, 90_000), 0)
    balanced(world, gateway)


def test_cash_that_is_gone_is_owed_and_the_next_cash_pays_that_before_any_bill(world, gateway):
    with_excess(world, gateway)
    world.open("m")
    world.tie("a", "m")
    assert world.send("transfer", "m", from_account="a", amount="500.00", currency="USD").refused == 0
    assert world.cash("a") == 0
    gateway.refund_there(charge_of(gateway), TAKEN, at=world.now)
    look(world, gateway)
    assert reversals(world) == [("refund", "succeeded", TAKEN, 50_000)]
    assert (world.bills("a")[202610], world.cash("a")) == (("unsettled", 100_000, 0), 0)
    balanced(world, gateway)
    world.top_up("a", "700.00")
    assert reversals(world) == [("refund", "succeeded", TAKEN, 0)]
    assert (world.bills("a")[202610], world.cash("a")) == (("unsettled", 100_000, 20_000), 0)
    balanced(world, gateway)


def test_explain_names_the_top_up_that_settles_the_bill_with_what_is_owed_first(world, gateway):
    with_excess(world, gateway)
    world.open("m")
    world.tie("a", "m")
    world.send("transfer", "m", from_account="a", amount="500.00", currency="USD")
    gateway.refund_there(charge_of(gateway), TAKEN, at=world.now)
    look(world, gateway)
    told = explain(world.store, "a", Cycle(202610), at=world.now, policy=world.policy)
    assert told.position.account.owed_for_reversals_minor == 50_000
    assert told.position.headroom_minor == -TAKEN, "a bill of 1,000.00 and 500.00 that the charge had left"
    (outlook,) = [bill.outlook for bill in told.bills]
    assert outlook is not None
    assert outlook.top_up_minor == TAKEN
    assert "payments that were taken back" in outlook.reasons[0].sentence
    world.top_up("a", "1500.00")
    assert world.bills("a")[202610] == ("settled", 100_000, 100_000)
    balanced(world, gateway)


def test_more_than_the_charge_took_is_owed(paid, gateway):
    gateway.refund_there(charge_of(gateway), TAKEN, at=paid.now)
    gateway.dispute(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    assert reversals(paid) == [("refund", "succeeded", TAKEN, 0), ("dispute", "needs_response", TAKEN, TAKEN)]
    balanced(paid, gateway)


# ---------------------------------------------------------------------------------------------- disputes
def test_a_dispute_takes_back_when_the_money_is_gone_and_brings_it_again_when_it_is_won(paid, gateway):
    dispute = gateway.dispute(charge_of(gateway), TAKEN, funds="untouched", at=paid.now)
    look(paid, gateway)
    assert reversals(paid) == [("dispute", "needs_response", 0, 0)]
    assert paid.bills("a")[202610] == ("settled", TAKEN, TAKEN)
    assert paid.announced("dispute.") == ["dispute.opened"]
    gateway.change(dispute.gateway_ref, state="under_review", funds="withdrawn")
    look(paid, gateway)
    assert reversals(paid) == [("dispute", "under_review", TAKEN, 0)]
    assert paid.bills("a")[202610] == ("unsettled", TAKEN, 0)
    balanced(paid, gateway)
    gateway.change(dispute.gateway_ref, state="won", funds="returned")
    look(paid, gateway)
    assert reversals(paid) == [("dispute", "won", 0, 0)]
    assert paid.bills("a")[202610] == ("settled", TAKEN, TAKEN)
    assert paid.announced("dispute.") == ["dispute.opened", "dispute.closed"]
    balanced(paid, gateway)


def test_a_dispute_that_is_lost_stays_taken_back(paid, gateway):
    dispute = gateway.dispute(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    gateway.change(dispute.gateway_ref, state="lost")
    look(paid, gateway)
    assert reversals(paid) == [("dispute", "lost", TAKEN, 0)]
    assert paid.bills("a")[202610] == ("unsettled", TAKEN, 0)
    assert paid.announced("dispute.") == ["dispute.opened", "dispute.closed"]
    balanced(paid, gateway)


def test_won_money_is_cash_where_somebody_else_has_paid_the_bill_meanwhile(paid, gateway):
    dispute = gateway.dispute(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    paid.top_up("a", "1500.00")
    assert paid.bills("a")[202610] == ("settled", TAKEN, TAKEN)
    gateway.change(dispute.gateway_ref, state="won", funds="returned")
    look(paid, gateway)
    assert paid.cash("a") == TAKEN
    balanced(paid, gateway)


def test_while_a_dispute_is_open_nothing_is_charged_on_its_method_by_itself(paid, gateway):
    dispute = gateway.dispute(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    paid.fee("a", "5000", "2026-11-06T00:00:00Z")
    assert paid.charge(gateway) == 0, "no threshold"
    paid.at("2026-11-30 15:30").tick()
    paid.at("2026-12-02 04:30").tick()
    assert paid.charge(gateway) == 0, "neither sweep nor issuance"
    assert len(paid.attempts("a")) == 1
    assert paid.announced("collection.due") == []
    paid.at("2026-12-05 00:00")
    balanced(paid, gateway)
    gateway.change(dispute.gateway_ref, state="won", funds="returned")
    look(paid, gateway)
    assert paid.charge(gateway) == 1
    assert paid.attempts("a")[1:] == [("issuance", "succeeded", 500_000)]
    balanced(paid, gateway)


def test_a_charge_that_waits_when_the_dispute_opens_is_not_sent(paid, gateway):
    paid.fee("a", "2000", "2026-11-06T00:00:00Z")
    assert paid.attempts("a")[1:] == [("threshold", "waiting", 200_000)]
    gateway.dispute(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    assert paid.charge(gateway) == 0
    assert paid.attempts("a")[1:] == [("threshold", "not_charged", 200_000)]
    balanced(paid, gateway)


@pytest.mark.parametrize("channel", [{"channel": "visa"}, {}], ids=["named", "the default"])
def test_a_person_may_still_pay_with_the_method(paid, gateway, channel):
    gateway.dispute(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    done = paid.send("bill_payment_requested", "a", payment="p1", cycle="2026-10", currency="USD", **channel)
    assert done.refused == 0, paid.refused()
    assert paid.charge(gateway) == 1
    assert paid.bills("a")[202610] == ("settled", TAKEN, TAKEN)
    balanced(paid, gateway)


def test_a_second_method_that_is_default_is_charged(paid, gateway):
    gateway.dispute(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    paid.send("payment_method_added", "a", **(CARD | {"method": "other", "method_token": "pm_2"}))
    assert paid.charge(gateway) == 1
    assert paid.bills("a")[202610] == ("settled", TAKEN, TAKEN)
    balanced(paid, gateway)


def test_the_same_token_by_another_name_or_added_again_is_paused_too(paid, gateway):
    dispute = gateway.dispute(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    paid.send("payment_method_added", "a", **(CARD | {"method": "other"}))
    assert paid.charge(gateway) == 0
    paid.send("payment_method_removed", "a", method="visa")
    paid.send("payment_method_default", "a", method="other")
    paid.fee("a", "5000", "2026-11-06T00:00:00Z")
    assert paid.charge(gateway) == 0
    paid.at("2026-12-02 04:30").tick()
    assert paid.charge(gateway) == 0
    assert len(paid.attempts("a")) == 1
    gateway.change(dispute.gateway_ref, state="won", funds="returned")
    look(paid, gateway)
    assert paid.charge(gateway) == 1
    balanced(paid.at("2026-12-05 00:00"), gateway)


def test_a_charge_that_waits_on_the_same_token_when_the_dispute_opens_is_not_sent(paid, gateway):
    paid.send("payment_method_added", "a", **(CARD | {"method": "other", "make_default": True}))
    paid.fee("a", "2000", "2026-11-06T00:00:00Z")
    assert paid.attempts("a")[1:] == [("threshold", "waiting", 200_000)]
    gateway.dispute(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    assert paid.charge(gateway) == 0
    balanced(paid, gateway)


def test_the_same_token_on_another_account_is_paused_too(paid, gateway):
    paid.open("b", "c", "d")
    for name in "bc":
        paid.send("payment_method_added", name, **CARD)
    paid.fee("c", "2000", "2026-11-06T00:00:00Z")
    assert paid.attempts("c") == [("threshold", "waiting", 200_000)]
    dispute = gateway.dispute(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    paid.fee("b", "2000", "2026-11-06T00:00:00Z")
    paid.fee("d", "2000", "2026-11-06T00:00:00Z")
    paid.send("payment_method_added", "d", **CARD)
    assert paid.charge(gateway) == 0, "neither what waits nor what comes, nor a card that is added now"
    paid.at("2026-11-30 15:30").tick()
    paid.at("2026-12-02 04:30").tick()
    assert paid.charge(gateway) == 0, "neither sweep nor issuance"
    assert paid.attempts("b") == []
    gateway.change(dispute.gateway_ref, state="won", funds="returned")
    look(paid, gateway)
    paid.at("2026-12-03 04:30").tick()
    paid.charge(gateway)
    assert [paid.attempts(name)[-1][1:] for name in "cd"] == [("succeeded", 200_000)] * 2
    balanced(paid.at("2026-12-05 00:00"), gateway)


def test_what_was_read_earlier_changes_nothing(paid, gateway):
    from settlement.operations.gateway.reversals import book_found

    dispute = gateway.dispute(charge_of(gateway), TAKEN, at=paid.now)
    late = paid.now
    paid.now += timedelta(minutes=1)
    won = gateway.change(dispute.gateway_ref, state="won", funds="returned")
    look(paid, gateway)
    assert won.state == "won"
    before = paid.image()
    book_found(paid.store, [dispute], read_at=late, at=paid.now, policy=paid.policy)
    assert paid.image() == before


def test_a_bill_that_a_settlement_has_paid_the_rest_of_is_owed_again_and_the_settlement_stays_completed(
    paid, gateway
):
    paid.open("main", opening_cash="400.00")
    paid.tie("main", "a")
    gateway.refund_there(charge_of(gateway), 40_000, at=paid.now)
    look(paid, gateway)
    paid.send("unified_settlement_created", "main", settlement="s", accounts=["a"], cycles=["2026-10"])
    paid.send("unified_settlement_run", "main", settlement="s")
    assert paid.bills("a")[202610] == ("settled", TAKEN, TAKEN)
    gateway.refund_there(charge_of(gateway), 110_000, at=paid.now)
    look(paid, gateway)
    assert paid.bills("a")[202610] == ("unsettled", TAKEN, 40_000)
    assert paid.rows("SELECT CAST(state AS text) FROM unified_settlement") == [("completed",)]
    balanced(paid, gateway)


# ---------------------------------------------------------------------------------------------- due dates
@pytest.mark.parametrize(("day", "topics"), [("2026-11-10", []), ("2026-11-20", ["bill.overdue"])])
def test_a_bill_owed_again_past_its_due_date_is_overdue_at_once(world, gateway, day, topics):
    world.open("a", credit_control=True, credit_limit="1000")
    world.send("payment_term_agreed", "a", from_cycle="2026-01", period_days=10)
    world.send("payment_method_added", "a", **CARD)
    world.fee("a", "1500")
    world.at("2026-11-02 04:00").tick()
    world.send("bill_payment_requested", "a", payment="p1", cycle="2026-10", currency="USD", channel="visa")
    world.charge(gateway)
    assert world.bills("a")[202610] == ("settled", TAKEN, TAKEN)
    world.at(f"{day} 00:00").tick()
    gateway.refund_there(charge_of(gateway), TAKEN, at=world.now)
    look(world, gateway)
    assert world.announced("bill.overdue") == topics
    assert world.rows("SELECT overdue_at IS NOT NULL FROM bill") == [(bool(topics),)]
    balanced(world, gateway)


# ---------------------------------------------------------------------------------------------- never twice
def test_a_refund_event_for_what_the_gateway_gave_back_already_is_refused(paid, gateway):
    gateway.refund_there(charge_of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    paid.send("refund", "a", amount="1500.00", currency="USD", to="original_method")
    assert paid.refused() == ["given_back_already"]
    assert (paid.refunds("a"), paid.cash("a")) == ([], 0)
    balanced(paid, gateway)


def test_what_a_charge_has_left_can_still_be_given_back(paid, gateway):
    gateway.refund_there(charge_of(gateway), 100_000, at=paid.now)
    look(paid, gateway)
    paid.send("refund", "a", amount="500.00", currency="USD", to="original_method")
    paid.give_back(gateway)
    assert paid.refunds("a") == [(1, "succeeded", 50_000)]
    paid.send("refund", "a", amount="0.01", currency="USD", to="original_method")
    assert paid.refused() == ["given_back_already"]
    balanced(paid, gateway)


@pytest.mark.parametrize("parts", [(40_000,), (15_000, 25_000)], ids=["one refund there", "two of them"])
@pytest.mark.parametrize("kind", ["refund", "dispute"])
def test_with_a_second_charge_what_went_back_at_the_gateway_does_not_go_out_of_the_other(
    paid, gateway, parts, kind
):
    paid.fee("a", "2000", "2026-11-06T00:00:00Z")
    assert paid.charge(gateway) == 1
    for part in parts:
        if kind == "refund":
            gateway.refund_there(charge_of(gateway), part, at=paid.now)
        else:
            gateway.dispute(charge_of(gateway), part, "lost", at=paid.now)
    look(paid, gateway)
    for amount in {sum(parts), *parts}:
        paid.send("refund", "a", amount=f"{amount / 100:.2f}", currency="USD", to="original_method")
    assert set(paid.refused()) == {"given_back_already"}
    assert (paid.refunds("a"), paid.cash("a")) == ([], 0)
    paid.send("refund", "a", amount="399.99", currency="USD", to="original_method")
    paid.give_back(gateway)
    assert paid.refunds("a") == [(1, "succeeded", 39_999)], "another amount is another matter"
    balanced(paid, gateway)


def test_a_refund_there_that_failed_stands_in_nobodys_way(paid, gateway):
    made = gateway.refund_there(charge_of(gateway), 40_000, at=paid.now)
    look(paid, gateway)
    gateway.change(made.gateway_ref, state="failed", funds="returned")
    look(paid, gateway)
    paid.send("refund", "a", amount="400.00", currency="USD", to="original_method")
    paid.give_back(gateway)
    assert paid.refunds("a") == [(1, "succeeded", 40_000)]
    balanced(paid, gateway)


def test_a_refund_that_the_gateway_refuses_as_given_back_goes_to_an_operator_and_not_to_cash(paid, gateway):
    gateway.refund_there(charge_of(gateway), TAKEN, at=paid.now)
    paid.send("refund", "a", amount="1500.00", currency="USD", to="original_method")
    paid.give_back(gateway)
    assert (paid.refunds("a"), paid.cash("a")) == ([(1, "unknown", TAKEN)], 0)
    assert paid.announced("refund.") == ["refund.unknown"]
    look(paid, gateway)
    assert reversals(paid) == [("refund", "succeeded", TAKEN, 0)]
    for _ in range(10):
        paid.now += DAY
        paid.give_back(gateway)
    assert (paid.refunds("a"), paid.cash("a")) == ([(1, "unknown", TAKEN)], 0)
    assert paid.announced("refund.") == ["refund.unknown"]
    balanced(paid, gateway)
    paid.send("refund", "a", amount="0.01", currency="USD", to="original_method")
    assert paid.refused() == ["given_back_already"], "nor what comes after it"
