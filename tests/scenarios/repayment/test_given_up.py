"""Payments by hand that were given up while the gateway had their charge already. Rule: R8.2a, R8.2c, R8.2d."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.model.gateway.charges import (
    ChargeOutcome,
    Declined,
    GatewayRequest,
    Notification,
    RequiresAction,
    Succeeded,
    TryLater,
)
from settlement.operations.gateway.charges import send_charges
from settlement.operations.gateway.webhooks import process_notifications, store_notification
from settlement.operations.schedule.payments import expire_payments
from tests.support.collection import add_card
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

OCT = 202610
WAITS = RequiresAction("g-waits", "https://example.org/confirm")


pytestmark = pytest.mark.usefixtures("audited")


@pytest.fixture
def begun(world: World) -> World:
    """A bill of 50 and a payment of all of it by card, which waits to be sent."""
    world.open("a", auto_write_off=False, credit_control=True)
    world.fee("a", "50")
    world.at("2026-11-02 04:00").tick()
    add_card(world, "a")
    pay(world, "p1")
    return world


def pay(world: World, name: str) -> None:
    asked = {"payment": name, "cycle": "2026-10", "currency": "USD", "channel": "visa"}
    assert world.send("bill_payment_requested", "a", **asked).refused == 0, world.refused()


class Slow(FakeGateway):
    """Takes half an hour to say that it has not taken up the first call."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        if not self.asked:
            self.world.now += timedelta(minutes=30)
            expire_payments(self.world.store, at=self.world.now, policy=self.world.policy)
        return super().charge(request)


def test_a_charge_that_was_not_taken_up_is_not_sent_again_when_its_payment_has_expired(begun):
    gateway = Slow(begun)
    gateway.answers = [TryLater("too many requests")]
    send_charges(begun.store, {"sandbox": gateway}, clock=lambda: begun.now, policy=begun.policy)
    assert begun.announced("payment.") == ["payment.started", "payment.expired"]
    assert begun.attempts("a") == [("manual", "not_charged", 5_000)]
    begun.now += timedelta(minutes=5)
    assert begun.charge(gateway) == 0
    assert gateway.taken_minor() == []


def test_a_charge_is_not_sent_when_its_payment_is_over_though_nobody_has_ended_it_yet(begun):
    """Whoever comes back first after an outage sends what waits; the tick that ends payments comes later."""
    gateway = FakeGateway()
    begun.now += timedelta(minutes=30)
    assert begun.charge(gateway) == 0
    begun.tick()
    assert begun.announced("payment.") == ["payment.started", "payment.expired"]
    assert begun.attempts("a") == [("manual", "not_charged", 5_000)]
    assert gateway.taken_minor() == []


# ------------------------------------------------------------------------------- a payer who has not confirmed
class Asking(FakeGateway):
    """Its first charge waits for its payer: `confirmed` says that he agreed, and nothing is taken before we ask for it.

    `is_quick`: he agrees while we let go, and the gateway takes it by itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.confirmed = self.is_quick = False
        self.is_gone = False

    def read(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        if "waits" in self.books:
            return self.books["waits"]
        return Declined("canceled", "let go", final=False) if self.is_gone else WAITS

    def capture_confirmed(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        if self.confirmed:
            self.books["waits"] = Succeeded("g-waits", 5_000)
        return self.read(gateway_ref, reference)

    def void(self, request: GatewayRequest, gateway_ref: str) -> bool:
        self.voided.append(gateway_ref)
        if self.is_quick:
            self.books["waits"] = Succeeded("g-waits", 5_000)
        self.is_gone = not self.is_quick
        return self.is_gone

    def notification(self, headers, body, *, at) -> Notification:
        return Notification("evt_1", "CHECKOUT.ORDER.APPROVED", None, "g-waits")


def give_up(world: World, ending: str) -> None:
    if ending == "cancelled":
        world.send("bill_payment_cancelled", "a", payment="p1")
    else:
        world.now += timedelta(minutes=30)
        expire_payments(world.store, at=world.now, policy=world.policy)
    assert world.announced("payment.")[-1] == f"payment.{ending}"


@pytest.fixture
def asking(begun: World) -> Asking:
    gateway = Asking()
    gateway.answers = [WAITS]
    begun.charge(gateway)
    assert begun.attempts("a") == [("manual", "requires_action", 5_000)]
    return gateway


@pytest.mark.parametrize("ending", ["cancelled", "expired"])
@pytest.mark.parametrize("confirmed", [False, True])
def test_a_payment_that_is_given_up_before_its_payer_confirmed_is_let_go_at_once(
    begun, asking, ending, confirmed
):
    give_up(begun, ending)
    asking.confirmed = confirmed
    begun.charge(asking)
    assert asking.voided == ["g-waits"]
    assert begun.attempts("a") == [("manual", "declined", 5_000)]
    pay(begun, "p2")
    begun.charge(asking)
    assert (asking.taken_minor(), begun.bills("a")[OCT]) == ([5_000], ("settled", 5_000, 5_000))
    assert begun.one("SELECT code FROM charge_attempt WHERE attempt_no = 1") == "given_up"


def test_a_late_approval_of_a_payment_that_was_given_up_takes_nothing(begun, asking):
    give_up(begun, "cancelled")
    asking.confirmed = True
    assert store_notification(begun.store, asking, {}, b"{}", at=begun.now)
    process_notifications(begun.store, {"sandbox": asking}, at=begun.now, policy=begun.policy, limit=10)
    assert asking.taken_minor() == []
    begun.charge(asking)
    assert begun.attempts("a") == [("manual", "declined", 5_000)]


def test_a_payer_who_was_quicker_has_paid(begun, asking):
    give_up(begun, "cancelled")
    asking.is_quick = True
    begun.charge(asking)
    begun.now += timedelta(minutes=10)
    begun.charge(asking)
    assert begun.attempts("a") == [("manual", "succeeded", 5_000)]
    assert begun.bills("a")[OCT] == ("settled", 5_000, 5_000)


def test_a_payment_that_still_runs_may_be_confirmed(begun, asking):
    begun.now += timedelta(minutes=10)
    begun.charge(asking)
    assert (asking.voided, begun.attempts("a")) == ([], [("manual", "requires_action", 5_000)])
    asking.confirmed = True
    begun.now += timedelta(minutes=19)
    begun.charge(asking)
    assert begun.announced("payment.") == ["payment.started", "payment.completed"]
