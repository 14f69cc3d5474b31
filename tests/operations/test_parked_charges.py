"""Parked accounts are neither charged nor asked about, and keep nobody else from it. Rule: R11.4, R5.5."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.operations.gateway.authorizations import work_authorizations
from settlement.operations.gateway.engine import CallLimits
from tests.support.collection import with_card
from tests.support.fake_gateway import FakeGateway
from tests.support.parking import end_parking, park

# As many as one process takes at a time.
BATCH = CallLimits().batch
PARKED = [f"p{number}" for number in range(BATCH)]


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


def test_charges_of_parked_accounts_that_wait_hold_up_no_other(world, gateway):
    with_card(world, *PARKED, "z")
    for name in PARKED:
        world.fee(name, "1500")
    world.now += timedelta(seconds=5)
    world.fee("z", "1500")
    park(world, *PARKED)
    assert world.charge(gateway) == 1
    assert world.attempts("z") == [("threshold", "succeeded", 150_000)]
    assert {state for name in PARKED for _, state, _ in world.attempts(name)} == {"waiting"}

    end_parking(world)
    assert world.charge(gateway) == BATCH
    assert world.rows("SELECT DISTINCT state FROM charge_attempt") == [("succeeded",)]


def test_charges_of_parked_accounts_in_doubt_hold_up_no_other_and_are_not_asked_about(world, gateway):
    with_card(world, *PARKED, "z")
    gateway.loses = BATCH
    for name in PARKED:
        world.fee(name, "1500")
    world.charge(gateway)
    world.now += timedelta(seconds=5)
    gateway.loses = 1
    world.fee("z", "1500")
    world.charge(gateway)
    park(world, *PARKED)
    gateway.asked.clear()
    for _ in range(3):
        world.now += timedelta(hours=1)
        world.charge(gateway)
    # Its answer could not be booked, and the question might take the money.
    assert [request.account for request in gateway.asked] == ["z"]
    assert world.attempts("z") == [("threshold", "succeeded", 150_000)]

    end_parking(world)
    assert world.charge(gateway) == BATCH
    assert world.rows("SELECT DISTINCT state FROM charge_attempt") == [("succeeded",)]
    assert gateway.taken_minor() == [150_000] * (BATCH + 1)


def test_checks_of_methods_of_parked_accounts_hold_up_no_other(world, gateway):
    def activate(name: str) -> None:
        world.open(name)
        world.send(
            "payment_method_added", name, method="pp", kind="paypal", gateway="sandbox", method_token="ok",
            threshold="8.00", currency="USD",
        )  # fmt: skip
        world.send("product_activated", name, product="ECS")

    for name in PARKED:
        activate(name)
    park(world, *PARKED)
    world.now += timedelta(seconds=5)
    activate("z")
    limits = CallLimits(default_per_s=1_000_000)
    for _ in range(2):
        work_authorizations(
            world.store, {"sandbox": gateway}, clock=lambda: world.now, policy=world.policy, limits=limits
        )
    assert [request.account for request in gateway.asked] == ["z"]
    assert len(gateway.voided) == 1
