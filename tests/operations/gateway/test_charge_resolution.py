"""An operator decides what became of a charge in doubt. Rule: R5.5c."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.errors import NotFound, Refused
from settlement.model.gateway.charges import TryLater
from settlement.operations.gateway.charge_resolution import resolve_charge
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import charged, refund
from tests.support.reversals import look
from tests.support.world import World

DAY = timedelta(days=1)


class SilentGateway(FakeGateway):
    """It may take the money or not; nobody ever hears."""

    def charge(self, request):
        self.loses = 1
        return super().charge(request)

    def find(self, request):
        return TryLater("no search today")


@pytest.fixture
def gateway() -> SilentGateway:
    return SilentGateway()


def in_doubt(world: World, gateway: FakeGateway) -> str:
    """The reference of a charge over 1,500.00 whose outcome is unknown."""
    waiting(world)
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "unknown", 150_000)]
    return reference(world)


def waiting(world: World, gateway: str = "sandbox") -> None:
    world.open("a")
    card = {"method": "visa", "kind": "bank_card", "gateway": gateway, "method_token": "ok_a"}
    assert world.send("payment_method_added", "a", **card).refused == 0
    world.fee("a", "1500")


def reference(world: World) -> str:
    return str(
        world.one("SELECT CAST(reference AS text) FROM charge_attempt ORDER BY attempt_no DESC LIMIT 1")
    )


def resolve(world: World, ref: str, *, gateway_ref: str | None) -> None:
    resolve_charge(world.store, ref, gateway_ref=gateway_ref, at=world.now, policy=world.policy)


def refused(world: World, ref: str, *, gateway_ref: str | None) -> str:
    with pytest.raises(Refused) as error:
        resolve(world, ref, gateway_ref=gateway_ref)
    return error.value.code


def test_taken_is_booked_as_if_the_gateway_had_said_so(world, gateway):
    ref = in_doubt(world, gateway)
    world.now += DAY
    resolve(world, ref, gateway_ref="pi_1")
    assert world.attempts("a") == [("threshold", "succeeded", 150_000)]
    assert world.rows("SELECT gateway_ref, charged_minor FROM charge_attempt") == [("pi_1", 150_000)]
    assert refused(world, ref, gateway_ref="pi_1") == "not_in_doubt"
    assert world.faults() == 0


def test_not_taken_is_owed_again_and_charged_under_a_new_reference(world, gateway):
    ref = in_doubt(world, gateway)
    world.now += DAY
    resolve(world, ref, gateway_ref=None)
    assert world.attempts("a") == [("threshold", "not_charged", 150_000), ("threshold", "waiting", 150_000)]
    assert reference(world) != ref
    assert world.faults() == 0


def test_while_a_call_may_be_under_way_nobody_says_that_it_did_not_happen(world, gateway):
    ref = in_doubt(world, gateway)
    # The next question comes within the lease of a call, so it may have begun.
    assert refused(world, ref, gateway_ref=None) == "being_asked"
    assert world.attempts("a") == [("threshold", "unknown", 150_000)]
    resolve(world, ref, gateway_ref="pi_1")
    assert world.attempts("a") == [("threshold", "succeeded", 150_000)]


def test_a_charge_that_waits_for_a_gateway_that_is_gone_can_be_ended(world):
    waiting(world)
    ref = reference(world)
    assert refused(world, ref, gateway_ref="pi_1") == "not_sent"
    # From here on there is nothing to charge; what waits was made before.
    world.send("payment_method_added", "a", method="bank", kind="bank_transfer")
    resolve(world, ref, gateway_ref=None)
    assert world.attempts("a") == [("threshold", "not_charged", 150_000)]
    assert world.rows("SELECT sent_at FROM charge_attempt") == [(None,)]
    assert world.faults() == 0


@pytest.mark.parametrize("ref", ["00000000-0000-0000-0000-000000000000", "no uuid"])
def test_a_charge_that_is_not_known(world, ref):
    with pytest.raises(NotFound, match="settle charges list"):
        resolve(world, ref, gateway_ref=None)


@pytest.mark.parametrize("named", ["g-1", "capture:g-1", "order:g-1"])
def test_an_object_that_is_booked_pays_for_no_other_charge(world, gateway, named):
    """1,500.00 taken once had paid two charges."""
    world.open("b")
    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok_b"}
    assert world.send("payment_method_added", "b", **card).refused == 0
    world.fee("b", "1500")
    world.charge(FakeGateway())
    assert world.one("SELECT gateway_ref FROM charge_attempt WHERE state = 'succeeded'") == "g-1"
    booked = reference(world)
    ref = in_doubt(world, gateway)
    if ref == booked:
        ref = str(world.one("SELECT CAST(reference AS text) FROM charge_attempt WHERE state = 'unknown'"))
    assert refused(world, ref, gateway_ref=named) == "already_booked"
    assert world.attempts("a") == [("threshold", "unknown", 150_000)]
    resolve(world, ref, gateway_ref="g-of-its-own")
    assert world.attempts("a") == [("threshold", "succeeded", 150_000)]


def test_an_object_that_is_no_charge_pays_for_none(world, gateway):
    """A refund's id, typed for the charge's, had paid 1,500.00."""
    other = FakeGateway()
    charged(world, other, "b", fees=("1500",))
    refund(world, "100.00", "b")
    world.give_back(other)
    other.dispute(next(iter(other.books)), 50_00)
    look(world, other)
    in_doubt(world, gateway)
    ref = str(world.one("SELECT CAST(reference AS text) FROM charge_attempt WHERE state = 'unknown'"))
    for table in ("gateway_refund", "gateway_reversal"):
        named = world.one(f"SELECT gateway_ref FROM {table}")
        assert refused(world, ref, gateway_ref=named) == "already_booked"
    assert world.attempts("a") == [("threshold", "unknown", 150_000)]


def test_a_payment_that_has_several_ids_at_its_gateway_is_named_by_the_one_that_is_booked(world):
    waiting(world, gateway="stripe")
    silent = SilentGateway()
    silent.name = "stripe"
    world.charge(silent)
    ref = reference(world)
    assert refused(world, ref, gateway_ref="ch_1") == "not_a_charge"
    resolve(world, ref, gateway_ref="pi_1")
    assert world.attempts("a") == [("threshold", "succeeded", 150_000)]
