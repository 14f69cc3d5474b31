"""What a provider takes back by itself, from its dashboard to the books, over its own library. Rule: R5.9, R5.7d."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.gateways.port import Gateway
from settlement.operations.gateway.reconciliation import Reconciled, reconcile
from tests.gateways.test_refunds_to_the_end import KINDS, charged, gateway, later
from tests.support.gateways.gatewaysim import GatewaySim
from tests.support.refunds import refund
from tests.support.reversals import look, reversals
from tests.support.world import World

__all__ = ["gateway"]
TAKEN = 100_000
TOKENS = ("pm_card_visa", "vault_ok")


@pytest.fixture
def paid(world: World, sim: GatewaySim, gateway: Gateway) -> World:
    """Account `a`, whose October was charged, 1,000.00, and is settled by it."""
    assert gateway.name in KINDS
    charged(world, sim, gateway, TOKENS)
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a")[202610] == ("settled", TAKEN, TAKEN)
    later(world, sim, timedelta(days=1))
    return world


def its_id(world: World) -> str:
    """The provider's own id of the charge."""
    return str(world.one("SELECT gateway_ref FROM charge_attempt ORDER BY attempt_no LIMIT 1")).rpartition(
        ":"
    )[2]


def compare(world: World, gateway: Gateway) -> Reconciled:
    """The local day that the present instant is in."""
    day = world.now.astimezone(world.policy.zone).date()
    return reconcile(world.store, gateway, day=day, at=world.now, policy=world.policy)


def test_a_refund_made_at_the_dashboard_is_found_by_the_comparison_and_given_only_once(paid, sim, gateway):
    sim.control(f"charges/{its_id(paid)}/refund")
    refund(paid, "1000.00")
    paid.give_back(gateway)
    assert (paid.refunds("a"), paid.cash("a")) == ([(1, "unknown", TAKEN)], 0)
    later(paid, sim, timedelta(hours=4))
    result = compare(paid, gateway)
    assert (result.reversals, result.reversals_booked, result.differences) == (1, 1, 0)
    assert reversals(paid) == [("refund", "succeeded", TAKEN, 0)]
    assert paid.bills("a")[202610] == ("unsettled", TAKEN, 0)
    paid.send("refund", "a", amount="0.01", currency="USD", to="original_method")
    assert paid.refused() == ["given_back_already"]
    assert paid.faults() == 0


@pytest.mark.parametrize("parts", [[TAKEN], [20_000, 30_000]], ids=["whole", "in parts"])
def test_what_went_back_of_a_charge_whose_order_is_gone_is_booked_by_the_search(paid, sim, gateway, parts):
    """PayPal keeps captures for longer than orders, which alone show the refunds of a capture."""
    sim.control("orders/forget")
    for part in parts:
        sim.control(f"charges/{its_id(paid)}/refund", amount=part)
    later(paid, sim, timedelta(hours=4))
    result = compare(paid, gateway)
    assert (result.reversals, result.reversals_booked, result.differences) == (len(parts), len(parts), 0)
    assert sorted(reversals(paid)) == [("refund", "succeeded", part, 0) for part in parts]
    assert paid.bills("a")[202610][2] == TAKEN - sum(parts)
    again = compare(paid, gateway)
    assert (again.reversals_booked, again.differences, len(reversals(paid))) == (0, 0, len(parts))
    assert paid.faults() == 0


@pytest.mark.parametrize("ends", ["win", "lose"])
def test_a_dispute_is_followed_to_its_end(paid, sim, gateway, ends):
    sim.control(f"charges/{its_id(paid)}/dispute", reason="fraudulent")
    look(paid, gateway)
    taken_first = TAKEN if gateway.name == "stripe" else 0
    assert reversals(paid) == [("dispute", "needs_response", taken_first, 0)]
    paid.fee("a", "2000", "2026-11-03T00:00:00Z")
    assert paid.charge(gateway) == 0, "its method rests"
    (dispute,) = paid.rows("SELECT gateway_ref FROM gateway_reversal")
    sim.control(f"disputes/{str(dispute[0]).rpartition(':')[2]}/{ends}")
    later(paid, sim, timedelta(hours=4))
    compare(paid, gateway)
    taken = TAKEN if ends == "lose" else 0
    assert reversals(paid) == [("dispute", "won" if ends == "win" else "lost", taken, 0)]
    assert paid.bills("a")[202610][2] == TAKEN - taken
    assert paid.announced("dispute.") == ["dispute.opened", "dispute.closed"]
    assert paid.faults() == 0


def test_refunds_of_ours_are_told_apart_by_both_providers(paid, sim, gateway):
    refund(paid, "300.00")
    paid.give_back(gateway)
    sim.control(f"charges/{its_id(paid)}/refund", amount=20_000)
    later(paid, sim, timedelta(hours=4))
    result = compare(paid, gateway)
    assert (result.reversals, result.differences) == (1, 0)
    assert reversals(paid) == [("refund", "succeeded", 20_000, 0)]
    assert paid.refunds("a") == [(1, "succeeded", 30_000)]
    assert paid.faults() == 0
