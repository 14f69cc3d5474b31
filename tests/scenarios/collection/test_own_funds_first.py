"""An account that is charged by itself: its cards, refunds and cash pay first, the method the rest, in one deduction.

Rule: R3.3c, R4.2e.
"""

from __future__ import annotations

import pytest

from settlement.model.cycle import Cycle
from settlement.operations.reports.explanations import explain
from tests.support.collection import SOFT, add_card, hold, release, with_card
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

OCT = Cycle(202610)
SWEEP, ISSUED = "2026-10-31 15:00", "2026-11-02 04:00"


pytestmark = pytest.mark.usefixtures("audited")


def gift_card(world: World, amount: str, account: str = "a") -> None:
    world.send(
        "card_activated", account, card="gift", amount=amount, currency="USD",
        valid_from="2026-01-01T00:00:00Z", valid_until="2027-01-01T00:00:00Z",
    )  # fmt: skip


def sweep_and_issue(world: World, gateway: FakeGateway) -> None:
    world.at(SWEEP).tick()
    world.charge(gateway)
    world.at(ISSUED).tick()
    world.charge(gateway)


def paid(world: World, account: str = "a") -> list[tuple[str, int]]:
    return [(source, amount) for _, source, amount, _ in world.payments(account)]


def reasons(world: World, account: str = "a") -> list[str]:
    (bill,) = explain(world.store, account, OCT, at=world.now, policy=world.policy).bills
    return [str(reason.code) for reason in bill.reasons]


def gate(world: World, account: str = "a") -> list[str]:
    position = explain(world.store, account, None, at=world.now, policy=world.policy).position
    return [str(reason.code) for reason in position.gate]


# --------------------------------------------------------------------------------------------- one deduction
def test_a_stored_value_card_pays_first_without_any_cash(world, gateway):
    with_card(world, "a")
    gift_card(world, "50.00")
    world.fee("a", "300")
    sweep_and_issue(world, gateway)
    assert world.attempts("a") == [("sweep", "succeeded", 25_000)]
    assert paid(world) == [("external", 25_000), ("card", 5_000)]
    assert world.bills("a")[OCT] == ("settled", 30_000, 30_000)


def test_cash_below_what_accrues_already_pays_first_all_the_same(world, gateway):
    with_card(world, "a", opening_cash="20.00")
    world.fee("a", "300")
    world.at(SWEEP).tick()
    world.charge(gateway)
    world.at("2026-11-01 12:00").fee("a", "30", incurred_at="2026-11-01T10:00:00Z")
    world.at(ISSUED).tick()
    world.charge(gateway)
    assert world.attempts("a") == [("sweep", "succeeded", 28_000)]
    assert paid(world) == [("external", 28_000), ("cash", 2_000)]
    assert world.cash("a") == 0


def test_a_credit_refund_pays_first_without_any_cash(world, gateway):
    with_card(world, "a")
    world.send("refund", "a", amount="40.00", currency="USD", cycle="2026-10")
    world.fee("a", "300")
    sweep_and_issue(world, gateway)
    assert world.attempts("a") == [("sweep", "succeeded", 26_000)]
    assert paid(world) == [("external", 26_000), ("refund", 4_000)]


def test_cash_that_an_operator_froze_stays_unspent(world, gateway):
    with_card(world, "a", opening_cash="100.00")
    world.send("account_changed", "a", frozen_amount="80.00", currency="USD")
    world.fee("a", "300")
    sweep_and_issue(world, gateway)
    assert world.attempts("a") == [("sweep", "succeeded", 28_000)]
    assert paid(world) == [("external", 28_000), ("cash", 2_000)]
    assert world.cash("a") == 8_000


def test_with_the_switch_off_the_method_pays_everything(world, gateway):
    with_card(world, "a", opening_cash="100.00", auto_write_off=False)
    world.fee("a", "300")
    sweep_and_issue(world, gateway)
    assert world.attempts("a") == [("sweep", "succeeded", 30_000)]
    assert world.cash("a") == 10_000


def test_with_a_hold_nothing_pays(world, gateway):
    with_card(world, "a", opening_cash="100.00")
    world.fee("a", "300")
    hold(world, "a")
    sweep_and_issue(world, gateway)
    assert world.bills("a")[OCT] == ("unsettled", 30_000, 0)
    assert reasons(world)[0] == "on_hold"
    release(world, "a")
    world.charge(gateway)
    assert paid(world) == [("cash", 10_000), ("external", 20_000)]


# --------------------------------------------------------------------------------------------- who is not asked
def test_explain_names_no_lack_of_credit_where_the_gate_asks_for_none(world, gateway):
    with_card(world, "a")
    gift_card(world, "50.00")
    world.fee("a", "300")
    gateway.answers = [SOFT]
    sweep_and_issue(world, gateway)
    assert world.bills("a")[OCT] == ("unsettled", 30_000, 5_000), "the card pays although the method declined"
    assert reasons(world) == ["no_funds"]
    assert gate(world) == []


def test_a_method_that_becomes_the_default_opens_the_gate(world, gateway):
    world.open("a")
    gift_card(world, "50.00")
    world.fee("a", "300")
    world.at(ISSUED).tick()
    assert world.bills("a")[OCT] == ("unsettled", 30_000, 0)
    assert "no_available_credit" in reasons(world)
    add_card(world, "a")
    world.charge(gateway)
    assert paid(world) == [("card", 5_000), ("external", 25_000)]


@pytest.mark.parametrize("how", ["credit control", "bank transfer", "no method"])
def test_everybody_else_is_asked_for_credit_as_before(world, gateway, how):
    world.open("a", credit_control=how == "credit control", opening_cash="20.00")
    if how == "credit control":
        add_card(world, "a")
    elif how == "bank transfer":
        world.send("payment_method_added", "a", method="bank", kind="bank_transfer")
    gift_card(world, "50.00")
    world.fee("a", "300")
    world.at("2026-11-01 12:00").fee("a", "30", incurred_at="2026-11-01T10:00:00Z")
    sweep_and_issue(world, gateway)
    assert world.bills("a")[OCT] == ("unsettled", 30_000, 0)
    assert world.attempts("a") == []
    assert reasons(world)[0] == "no_available_credit"
    assert gate(world) == ["no_available_credit"]


def test_with_the_method_removed_credit_is_asked_for_again(world):
    with_card(world, "a")
    world.fee("a", "30")
    assert gate(world) == []
    world.send("payment_method_removed", "a", method="visa")
    assert gate(world) == ["no_available_credit"]


def test_what_a_card_spends_on_one_month_is_all_that_the_next_month_lacks_of_it(world, gateway):
    with_card(world, "a")
    world.at("2026-10-26 00:00").fee("a", "1100")
    gateway.answers = [SOFT]
    world.charge(gateway)
    world.send(
        "card_activated", "a", card="gift", amount="100.00", currency="USD", products=["RDS"],
        valid_from="2026-01-01T00:00:00Z", valid_until="2027-01-01T00:00:00Z",
    )  # fmt: skip
    world.fee("a", "30", product="RDS")
    world.at("2026-11-01 12:00").fee("a", "50", incurred_at="2026-11-01T10:00:00Z", product="RDS")
    world.at("2026-11-02 00:00").tick()
    world.charge(gateway)
    # The card has 100.00 for 30.00 of October and 50.00 of November.
    assert world.attempts("a") == [("threshold", "declined", 110_000), ("retry", "succeeded", 110_000)]
