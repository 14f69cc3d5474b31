"""A gateway that refuses the amount is not sent the same again for ever: an operator decides. Rule: R5.8d."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.model.gateway.charges import AmountRefused, Succeeded, TryLater, Unknown
from settlement.operations.gateway.charge_resolution import resolve_charge
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import CARD
from tests.support.reversals import look
from tests.support.world import World

DAY = timedelta(days=1)
TOO_LARGE = AmountRefused("amount_too_large", "the account takes 1,000.00 at most")


@pytest.fixture
def owing(world: World) -> World:
    world.open("a")
    world.send("payment_method_added", "a", **CARD)
    world.fee("a", "1500")
    return world


def a_week(world: World, gateway: FakeGateway) -> None:
    for _ in range(7):
        world.now += DAY
        world.tick()
        world.charge(gateway)


@pytest.mark.parametrize("before", [[], [Unknown("no answer")]], ids=["at once", "after a lost answer"])
def test_the_same_amount_is_not_made_anew(owing, gateway, before):
    gateway.answers = [*before, *[TOO_LARGE] * 4, Unknown("a bad minute"), TryLater("busy")]
    owing.charge(gateway)
    for step in owing.policy.collection.inquire_after[1:3]:
        owing.now += step
        owing.charge(gateway)
    a_week(owing, gateway)
    # By now the gateway has forgotten the key, and its search shows nothing.
    assert owing.attempts("a") == [("threshold", "unknown", 150_000)]
    assert owing.announced("charge.") == ["charge.unknown"]
    assert owing.rows("SELECT code, message FROM charge_attempt") == [
        ("amount_refused", "amount_too_large: the account takes 1,000.00 at most")
    ], "what the gateway said of the amount, whatever it said since"
    reference = str(owing.one("SELECT reference FROM charge_attempt"))
    gateway.answers = []
    resolve_charge(owing.store, reference, gateway_ref=None, at=owing.now, policy=owing.policy)
    owing.charge(gateway)
    assert [state for _, state, _ in owing.attempts("a")] == ["not_charged", "succeeded"]
    assert owing.faults() == 0


def test_what_has_been_taken_after_all_is_booked(owing, gateway):
    gateway.answers = [TOO_LARGE]
    owing.charge(gateway)
    gateway.books[str(owing.one("SELECT reference FROM charge_attempt"))] = Succeeded("g-1", 150_000)
    a_week(owing, gateway)
    assert owing.attempts("a") == [("threshold", "succeeded", 150_000)]
    assert owing.faults() == 0


def test_a_payment_by_hand_ends_and_its_payer_is_told(owing, gateway):
    owing.charge(gateway)
    owing.at("2026-11-02 04:00").tick()
    gateway.dispute(next(iter(gateway.books)), 150_000, at=owing.now)
    look(owing, gateway)
    gateway.answers = [TOO_LARGE]
    done = owing.send("bill_payment_requested", "a", payment="p1", cycle="2026-10", currency="USD")
    assert done.refused == 0, owing.refused()
    owing.charge(gateway)
    assert owing.attempts("a")[1:] == [("manual", "not_charged", 150_000)]
    assert owing.announced("charge.")[-1:] == ["charge.declined"]
    assert owing.rows("SELECT state FROM bill_payment") == [("failed",)]
    assert owing.faults() == 0
