"""What a gateway cannot take is no decline: it is carried to the next charge. Rule: R5.8a."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from settlement.model.cycle import Cycle
from settlement.model.gateway.charges import Declined
from settlement.model.policies.collection import CurrencyThresholds
from settlement.operations.gateway.authorizations import work_authorizations
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.reports.explanations import explain
from tests.support.builders import utc
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

OCT, NOV = 202610, 202611
SOFT = Declined("insufficient_funds", "no money", final=False)


pytestmark = pytest.mark.usefixtures("audited")


@pytest.fixture
def gateway() -> FakeGateway:
    gateway = FakeGateway()
    gateway.name = "stripe"
    return gateway


def with_method(
    world: World, currency: str = "USD", *, gateway: str = "stripe", bank_card: int = 100_000
) -> None:
    thresholds = (
        *world.policy.collection.thresholds,
        CurrencyThresholds(currency, bank_card, 1_000, 500_000),
    )
    if currency != "USD":
        world.policy = replace(
            world.policy,
            collection=replace(
                world.policy.collection, thresholds=thresholds, pre_authorization=((currency, 1_005),)
            ),
        )
    world.open("a", currency=currency)
    paypal = {"kind": "paypal", "threshold": "2000", "currency": currency}
    more = paypal if gateway == "paypal" else {"kind": "bank_card"}
    assert world.send(
        "payment_method_added", "a", method="m", gateway=gateway, method_token="ok", customer_token="c", **more
    ).refused == 0  # fmt: skip


def fee(world: World, amount: str, currency: str = "USD", incurred_at: str = "2026-10-15T00:00:00Z") -> None:
    assert world.fee("a", amount, incurred_at, currency=currency).refused == 0


def reasons(world: World, cycle: int = OCT) -> dict[str, str]:
    (bill,) = explain(world.store, "a", Cycle(cycle), at=world.now, policy=world.policy).bills
    return {str(reason.code): reason.sentence for reason in bill.reasons}


def test_what_is_below_the_minimum_stays_outstanding_says_why_and_goes_with_the_next_charge(world, gateway):
    with_method(world)
    fee(world, "0.30")
    world.at("2026-10-31 15:00").tick()
    world.at("2026-11-02 04:00").tick()
    assert world.charge(gateway) == 0
    assert world.attempts("a") == []
    assert world.bills("a") == {OCT: ("unsettled", 30, 0)}
    told = reasons(world)["below_minimum"]
    assert "0.30 USD" in told
    assert "0.50 USD" in told
    assert "stripe" in told

    world.at("2026-11-10 00:00")
    fee(world, "0.20", incurred_at="2026-11-09T00:00:00Z")
    world.at("2026-11-30 15:00").tick()
    world.charge(gateway)
    assert gateway.taken_minor() == [50]
    assert world.bills("a")[OCT] == ("settled", 30, 30)
    assert world.announced("account.") == []


def test_an_amount_is_rounded_down_to_the_step_and_the_rest_is_carried(world, gateway):
    with_method(world, "KWD")
    fee(world, "1.234", "KWD")
    world.at("2026-11-02 04:00").tick()
    world.charge(gateway)
    assert world.attempts("a") == [("sweep", "succeeded", 1_230)]
    assert world.bills("a") == {OCT: ("unsettled", 1_234, 1_230)}
    assert "0.004 KWD" in reasons(world)["below_minimum"]
    world.at("2026-11-10 00:00")
    fee(world, "1.006", "KWD", "2026-11-09T00:00:00Z")
    world.at("2026-12-02 04:00").tick()
    world.charge(gateway)
    assert gateway.taken_minor() == [1_230, 1_010]
    assert world.bills("a") == {OCT: ("settled", 1_234, 1_234), NOV: ("settled", 1_006, 1_006)}


def test_at_the_threshold_the_rest_below_a_step_accrues_on(world, gateway):
    with_method(world, "KWD", bank_card=100_000)
    fee(world, "100.005", "KWD")
    world.charge(gateway)
    assert gateway.taken_minor() == [100_000]
    assert world.one("SELECT uncollected_minor FROM collecting") == 5


def test_paypal_is_charged_whole_units_where_it_knows_no_others(world, gateway):
    gateway.name = "paypal"
    with_method(world, "HUF", gateway="paypal")
    fee(world, "2345.67", "HUF")
    world.charge(gateway)
    assert gateway.taken_minor() == [234_500]


def test_a_retry_that_takes_all_that_can_be_taken_resumes_the_account(world, gateway):
    with_method(world, "KWD")
    fee(world, "1.234", "KWD")
    world.at("2026-11-02 04:00").tick()
    gateway.answers = [SOFT]
    world.charge(gateway)
    world.at("2026-11-09 04:30").tick()
    world.charge(gateway)
    assert world.attempts("a")[-1] == ("retry", "succeeded", 1_230)
    for day in range(30):
        world.now = utc("2026-11-10 05:00") + timedelta(days=day)
        world.tick()
    assert world.announced("account.")[-1] == "account.resumed"
    assert "account.suspended" not in world.announced("account.")


def test_a_rest_that_no_gateway_takes_suspends_nobody(world, gateway):
    with_method(world)
    fee(world, "10")
    world.at("2026-11-02 04:00").tick()
    gateway.answers = [SOFT]
    world.charge(gateway)
    world.top_up("a", "9.60")
    assert world.bills("a") == {OCT: ("unsettled", 1_000, 960)}
    assert world.announced("account.") == ["account.resumed"]


def test_a_hold_is_of_an_amount_that_the_gateway_takes(world, gateway):
    with_method(world, "KWD")
    world.send("payment_method_verify", "a", method="m")
    limits = CallLimits(default_per_s=1_000_000)
    work_authorizations(
        world.store, {"stripe": gateway}, clock=lambda: world.now, policy=world.policy, limits=limits
    )
    assert [request.amount_minor for request in gateway.asked] == [1_010]


def test_what_is_above_the_maximum_goes_with_the_next_charge(world):
    """2,500,000.00 was tried whole, once a day, for ever."""
    gateway = FakeGateway()
    gateway.name = "stripe"
    world.open("a")
    world.send(
        "payment_method_added", "a", method="visa", kind="bank_card", gateway="stripe", method_token="pm_1"
    )
    world.fee("a", "2500000.00")
    for _ in range(3):
        world.charge(gateway)
    assert gateway.taken_minor() == [99_999_999, 99_999_999, 50_000_002]
    assert [state for _, state, _ in world.attempts("a")] == ["succeeded"] * 3


def test_a_payment_by_hand_beyond_the_maximum_is_refused_with_what_can_be_taken(world):
    world.open("a", auto_write_off=False, credit_control=True)
    world.send(
        "payment_method_added", "a", method="visa", kind="bank_card", gateway="stripe", method_token="pm_1"
    )
    world.fee("a", "2500000.00")
    world.now = utc("2026-11-02 04:00")
    world.tick()
    world.send("bill_payment_requested", "a", payment="p1", cycle="2026-10", channel="visa", currency="USD")
    assert world.refused() == ["not_chargeable"]
