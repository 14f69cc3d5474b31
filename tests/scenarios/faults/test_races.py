"""Two processes at once over the same payment, stopped where it hurts. Rule: R5.5, R8.*, R11.5."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from settlement.operations.gateway.charges import send_charges
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.inbox.drain import drain
from settlement.operations.schedule.payments import expire_payments
from settlement.storage.store import Store
from tests.support.drawn.racing import Act, Place, Racing
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

LIMITS = CallLimits(default_per_s=1_000_000)


@pytest.fixture
def racing(shared_url: str) -> Iterator[Racing]:
    both = Racing(shared_url)
    yield both
    both.close()


def paying(world: World) -> None:
    """A bill of 50 and a payment of all of it by card, which waits to be sent."""
    world.open("a", auto_write_off=False, credit_control=True)
    world.fee("a", "50")
    world.at("2026-11-02 04:00").tick()
    given = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    world.send("payment_method_added", "a", **given)
    world.send("bill_payment_requested", "a", payment="p", cycle="2026-10", currency="USD", channel="visa")
    assert world.attempts("a") == [("manual", "waiting", 5_000)]


def sending(world: World, gateway: FakeGateway) -> Act:
    def act(store: Store) -> bool:
        send_charges(store, {"sandbox": gateway}, clock=lambda: world.now, policy=world.policy, limits=LIMITS)
        return True

    return act


def cancelling(world: World) -> Act:
    world.receive(world.message("bill_payment_cancelled", "a", payment="p"))

    def act(store: Store) -> bool:
        return drain(store, at=world.now, policy=world.policy).events == 1

    return act


def expiring(world: World) -> Act:
    world.at("2026-11-02 05:00")

    def act(store: Store) -> bool:
        expire_payments(store, at=world.now, policy=world.policy)
        return True

    return act


@pytest.mark.parametrize("ending", [cancelling, expiring])
@pytest.mark.parametrize("stop", ["before locking", "before writing", "before committing"])
@pytest.mark.parametrize("sends_first", [True, False])
@pytest.mark.parametrize("loses", [0, 1])
def test_a_charge_is_either_sent_or_given_up(world, racing, ending, stop: Place, sends_first, loses):
    gateway = FakeGateway()
    gateway.loses = loses
    paying(world)
    acts = [sending(world, gateway), ending(world)]
    racing.race(*(acts if sends_first else reversed(acts)), stop=stop)
    world.now += timedelta(hours=1)
    world.charge(gateway)
    (attempt,) = world.attempts("a")
    state = world.one("SELECT CAST(state AS text) FROM bill_payment")
    if gateway.taken_minor():
        assert attempt[1] == "succeeded"
        assert world.bills("a")[202610] == ("settled", 5_000, 5_000)
        assert state in ("completed", "expired")
    else:
        assert attempt[1] == "not_charged"
        assert state in ("cancelled", "expired")
    assert world.faults() == 0
