"""A process that dies before any statement or commit: what a gateway takes back is booked once. Rule: R5.9a."""

from __future__ import annotations

from datetime import timedelta

from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import CARD
from tests.support.reversals import balanced, look, reversals
from tests.support.world import Killed, World, statements

TAKEN = 100_000


def settled_by_its_charge(world: World, gateway: FakeGateway) -> None:
    """Account `a`, whose October was charged and is settled by it; 40.00 of the charge became cash."""
    world.open("a")
    world.send("payment_method_added", "a", **CARD)
    world.fee("a", "1000")
    world.charge(gateway)
    world.fee("a", "-40")
    world.at("2026-11-02 04:00").tick()
    world.at("2026-11-05 00:00")


def die_at_every_statement(world: World, gateway: FakeGateway) -> int:
    """Looks until nothing is left to die at. Returns the deaths."""
    for place in range(1000):
        try:
            with statements(world.store, die_at=place):
                look(world, gateway)
        except Killed:
            world.now += timedelta(minutes=1)
            continue
        return place
    raise AssertionError("the work never ended")


def test_what_is_taken_back_and_brought_again_moves_once_wherever_the_process_dies(world, gateway):
    settled_by_its_charge(world, gateway)
    dispute = gateway.dispute(next(iter(gateway.books)), TAKEN, at=world.now)
    assert die_at_every_statement(world, gateway) > 10
    assert reversals(world) == [("dispute", "needs_response", TAKEN, 0)]
    assert (world.bills("a")[202610], world.cash("a")) == (("unsettled", 96_000, 0), 0)
    assert world.announced("charge.reversed") == ["charge.reversed"]
    assert world.announced("dispute.") == ["dispute.opened"]
    balanced(world, gateway)

    gateway.change(dispute.gateway_ref, state="won", funds="returned")
    assert die_at_every_statement(world, gateway) > 10
    assert reversals(world) == [("dispute", "won", 0, 0)]
    assert (world.bills("a")[202610], world.cash("a")) == (("settled", 96_000, 96_000), 4_000)
    assert world.announced("charge.restored") == ["charge.restored"]
    assert world.announced("dispute.") == ["dispute.opened", "dispute.closed"]
    balanced(world, gateway)
