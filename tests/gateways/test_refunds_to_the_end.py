"""Refunds from the event to the books, over the providers' own libraries and through every fault. Rule: R7.3."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from settlement.gateways.paypal.gateway import PayPalGateway
from settlement.gateways.port import Gateway
from settlement.gateways.stripe.gateway import StripeGateway
from settlement.operations.gateway.refund_resolution import resolve_refund
from tests.support.gateways.gatewaysim import GatewaySim
from tests.support.refunds import reference, refund
from tests.support.world import World

FAULTS = (
    "lost_before", "lost_after", "rate_limited", "error_before", "error_after", "in_progress", "slow", "timeout",
)  # fmt: skip
KINDS = {"stripe": "bank_card", "paypal": "paypal"}


@pytest.fixture(params=["stripe", "paypal"])
def gateway(request: pytest.FixtureRequest, sim: GatewaySim) -> Gateway:
    sim.control("faults", timeout_s=1.2, slow_s=0.2)
    if request.param == "stripe":
        return StripeGateway("sk_test_sim", url=sim.url, timeout_s=0.8)
    return PayPalGateway("client_sim", "secret_sim", url=sim.url, webhook_id="WH-SIM", timeout_s=0.8)


@pytest.fixture(autouse=True)
def audited(world: World):
    """Whatever a gateway answers, the books add up at the end."""
    yield
    assert world.faults() == 0


def later(world: World, sim: GatewaySim, by: timedelta) -> None:
    world.now += by
    sim.control("clock", set=world.now.isoformat())


def charged(world: World, sim: GatewaySim, gateway: Gateway, tokens: tuple[str, str]) -> None:
    """Account `a`, of which 1,000.00 were taken."""
    token = tokens[0] if gateway.name == "stripe" else tokens[1]
    later(world, sim, timedelta(0))
    world.open("a")
    method = {"method": "m", "kind": KINDS[gateway.name], "gateway": gateway.name, "method_token": token}
    paypal = {"threshold": "500.00", "currency": "USD"} if gateway.name == "paypal" else {}
    assert world.send("payment_method_added", "a", **method, **paypal).refused == 0
    world.fee("a", "1000")
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000)]


def until(world: World, sim: GatewaySim, gateway: Gateway, done: Callable[[], bool]) -> None:
    """Lets time pass, at the gateway too, until it is done."""
    for _ in range(60):
        world.give_back(gateway)
        if done():
            return
        later(world, sim, timedelta(hours=1))
    raise AssertionError(world.rows("SELECT state, asks, message FROM gateway_refund"))


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_happens_to_the_first_call_the_money_goes_back_once(world, sim, gateway, fault):
    charged(world, sim, gateway, ("pm_card_visa", "vault_ok"))
    refund(world, "12.34")
    sim.control("faults", queue=[fault])
    until(world, sim, gateway, lambda: world.refunds("a") == [(1, "succeeded", 1234)])
    ledger = sim.ledger()
    assert ledger["refunded_by_reference"] == {reference(world): 1234}
    assert ledger["refunded_twice"] == []
    assert world.announced("refund.succeeded") == ["refund.succeeded"]


def test_a_charge_is_given_back_in_parts_and_what_is_beyond_it_is_cash(world, sim, gateway):
    charged(world, sim, gateway, ("pm_card_visa", "vault_ok"))
    for amount in ("300.00", "600.00", "300.00"):
        refund(world, amount)
    until(world, sim, gateway, lambda: {state for _, state, _ in world.refunds("a")} == {"succeeded"})
    assert sorted(sim.ledger()["refunded_by_reference"].values()) == [10_000, 30_000, 60_000]
    assert world.cash("a") == 20_000


def test_what_was_given_back_by_hand_at_the_gateway_cannot_go_back_again_and_becomes_cash_by_word_alone(
    world, sim, gateway
):
    charged(world, sim, gateway, ("pm_card_visa", "vault_ok"))
    refund(world, "1000.00")
    until(world, sim, gateway, lambda: world.refunds("a") == [(1, "succeeded", 100_000)])
    # Our books forget it, as if somebody had done it at the gateway's own page.
    with_refund = "UPDATE charge_attempt SET refunded_minor = 0 RETURNING 1"
    world.rows(with_refund)
    refund(world, "5.00")
    until(world, sim, gateway, lambda: world.refunds("a")[1][1] == "unknown")
    assert world.announced("refund.") == ["refund.succeeded", "refund.unknown"]
    assert (world.cash("a"), world.one("SELECT max(code) FROM gateway_refund")) == (0, "given_back_already")
    later(world, sim, timedelta(days=1))
    resolve_refund(world.store, reference(world), gateway_ref=None, at=world.now, policy=world.policy)
    world.rows("UPDATE charge_attempt SET refunded_minor = 100000 RETURNING 1")
    assert world.cash("a") == 500
    assert sum(sim.ledger()["refunded_by_reference"].values()) == 100_000


def test_one_under_way_is_waited_for(world, sim, gateway):
    charged(world, sim, gateway, ("pm_card_pendingRefund", "vault_pendingrefund"))
    refund(world, "5.00")
    until(world, sim, gateway, lambda: world.refunds("a") == [(1, "under_way", 500)])
    made = world.one("SELECT gateway_ref FROM gateway_refund")
    sim.control(f"refunds/{made.partition(':')[2] or made}/succeed")
    until(world, sim, gateway, lambda: world.refunds("a") == [(1, "succeeded", 500)])


def test_one_under_way_that_fails_becomes_cash(world, sim, gateway):
    charged(world, sim, gateway, ("pm_card_pendingRefund", "vault_pendingrefund"))
    refund(world, "5.00")
    until(world, sim, gateway, lambda: world.refunds("a") == [(1, "under_way", 500)])
    made = world.one("SELECT gateway_ref FROM gateway_refund")
    sim.control(f"refunds/{made.partition(':')[2] or made}/fail")
    until(world, sim, gateway, lambda: world.refunds("a") == [(1, "failed", 500)])
    assert world.cash("a") == 500


def test_one_that_comes_back_after_weeks_becomes_cash(world, sim, gateway):
    charged(world, sim, gateway, ("pm_card_refundFail", "vault_ok"))
    refund(world, "5.00")
    until(world, sim, gateway, lambda: world.refunds("a") == [(1, "succeeded", 500)])
    made = world.one("SELECT gateway_ref FROM gateway_refund")
    later(world, sim, timedelta(days=8))
    world.give_back(gateway)
    sim.control(f"refunds/{made.partition(':')[2] or made}/fail")
    later(world, sim, timedelta(days=23))
    world.give_back(gateway)
    assert (world.refunds("a"), world.cash("a")) == ([(1, "failed", 500)], 500)
    assert sim.ledger()["refunded_by_reference"] == {}


def test_one_that_is_refused_becomes_cash_at_once(world, sim):
    gateway = PayPalGateway("client_sim", "secret_sim", url=sim.url, webhook_id="WH-SIM", timeout_s=0.8)
    charged(world, sim, gateway, ("", "vault_norefund"))
    refund(world, "5.00")
    world.give_back(gateway)
    assert (world.refunds("a"), world.cash("a")) == ([(1, "failed", 500)], 500)
