"""An operator decides what became of a refund in doubt. Rule: R7.3e."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.errors import NotFound, Refused
from settlement.model.gateway.charges import TryLater
from settlement.model.gateway.refund_calls import RefundOutcome, RefundPending, RefundRequest
from settlement.operations.gateway.refund_resolution import resolve_refund
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import charged, held, reference, refund, refunded
from tests.support.world import World

DAY = timedelta(days=1)


class SilentGateway(FakeGateway):
    """It may give the money back or not; nobody ever hears."""

    def refund(self, request: RefundRequest) -> RefundOutcome:
        self.loses_refunds = 1
        return super().refund(request)

    def find_refund(self, request: RefundRequest) -> RefundOutcome:
        return TryLater("no search today")


@pytest.fixture
def gateway() -> SilentGateway:
    return SilentGateway()


@pytest.fixture(autouse=True)
def audited(world: World):
    """Whatever an operator says, the books add up at the end."""
    yield
    assert world.faults() == 0


def in_doubt(world: World, gateway: FakeGateway) -> str:
    """The reference of a refund over 30.00 whose outcome is unknown."""
    waiting(world, gateway)
    world.give_back(gateway)
    assert world.refunds("a") == [(1, "unknown", 3000)]
    return reference(world)


def waiting(world: World, gateway: FakeGateway) -> str:
    charged(world, gateway, "a")
    refund(world, "30.00")
    return reference(world)


def resolve(world: World, ref: str, *, gateway_ref: str | None) -> None:
    resolve_refund(world.store, ref, gateway_ref=gateway_ref, at=world.now, policy=world.policy)


def refused(world: World, ref: str, *, gateway_ref: str | None) -> str:
    with pytest.raises(Refused) as error:
        resolve(world, ref, gateway_ref=gateway_ref)
    return error.value.code


def test_given_back_is_booked_as_if_the_gateway_had_said_so(world, gateway):
    ref = in_doubt(world, gateway)
    world.now += DAY
    resolve(world, ref, gateway_ref="re_1")
    assert world.refunds("a") == [(1, "succeeded", 3000)]
    assert world.rows("SELECT gateway_ref FROM gateway_refund") == [("re_1",)]
    assert (held(world), world.cash("a"), refunded(world)) == (0, 0, [3000])
    assert refused(world, ref, gateway_ref="re_1") == "not_in_doubt"


def test_not_given_back_becomes_cash(world, gateway):
    ref = in_doubt(world, gateway)
    world.now += DAY
    resolve(world, ref, gateway_ref=None)
    assert world.refunds("a") == [(1, "failed", 3000)]
    assert (held(world), world.cash("a"), refunded(world)) == (0, 3000, [0])
    assert world.announced("refund.") == ["refund.failed_to_cash"]
    assert refused(world, ref, gateway_ref=None) == refused(world, ref, gateway_ref="re_1") == "not_in_doubt"


def test_while_a_call_may_be_under_way_nobody_says_that_it_did_not_happen(world, gateway):
    ref = in_doubt(world, gateway)
    # The next question comes within the lease of a call, so it may have begun.
    assert refused(world, ref, gateway_ref=None) == "being_asked"
    assert world.refunds("a") == [(1, "unknown", 3000)]
    resolve(world, ref, gateway_ref="re_1")
    assert world.refunds("a") == [(1, "succeeded", 3000)]


def test_a_refund_that_waits_for_a_gateway_that_is_gone_becomes_cash(world, gateway):
    ref = waiting(world, gateway)
    assert refused(world, ref, gateway_ref="re_1") == "not_sent"
    resolve(world, ref, gateway_ref=None)
    assert world.refunds("a") == [(1, "failed", 3000)]
    assert world.give_back(gateway) == 0
    assert gateway.refunds_asked == []


def test_one_that_came_back_to_the_gateway_becomes_cash(world, gateway):
    ref = in_doubt(world, gateway)
    resolve(world, ref, gateway_ref="re_1")
    world.now += DAY
    resolve(world, ref, gateway_ref=None)
    assert (world.refunds("a"), world.cash("a")) == ([(1, "failed", 3000)], 3000)


def test_one_under_way_can_be_ended_either_way(world, gateway):
    ref = waiting(world, gateway)
    gateway.refund_answers = [RefundPending("re_1")]
    gateway.refund = lambda request: RefundPending("re_1")
    world.give_back(gateway)
    assert world.refunds("a") == [(1, "under_way", 3000)]
    world.now += DAY
    resolve(world, ref, gateway_ref="re_1")
    assert world.refunds("a") == [(1, "succeeded", 3000)]


@pytest.mark.parametrize("ref", ["00000000-0000-0000-0000-000000000000", "no uuid"])
def test_a_refund_that_is_not_known(world, ref):
    with pytest.raises(NotFound, match="settle refunds list"):
        resolve(world, ref, gateway_ref=None)


def test_an_object_that_is_on_record_gives_nothing_back_a_second_time(world, gateway):
    """Two refunds of 30.00 had counted as given back by the one that the gateway had made."""
    first = in_doubt(world, gateway)
    refund(world, "30.00")
    world.give_back(gateway)
    second = reference(world)
    world.now += DAY
    resolve(world, first, gateway_ref="re_1")
    charge = world.one("SELECT gateway_ref FROM charge_attempt")
    for named in ("re_1", charge):
        assert refused(world, second, gateway_ref=named) == "already_booked"
    assert world.refunds("a") == [(1, "succeeded", 3000), (1, "unknown", 3000)]
    resolve(world, second, gateway_ref="re_2")
    assert world.refunds("a") == [(1, "succeeded", 3000)] * 2
