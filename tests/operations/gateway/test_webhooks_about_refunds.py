"""A webhook about a refund makes its question come sooner and books nothing itself. Rule: R5.6, R7.3c."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.model.gateway.refund_calls import Refunded, RefundFailed, RefundPending
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.gateway.refunds import send_refunds
from tests.support.gateways.webhooks_in import Sender, kept, tell, work
from tests.support.refunds import balanced, charged, reference, refund
from tests.support.world import World

DAY = timedelta(days=1)


@pytest.fixture
def gateway() -> Sender:
    return Sender()


def under_way(world: World, gateway: Sender) -> None:
    """A refund of 10.00 that the gateway needs days for; it is asked about again in a day."""
    charged(world, gateway, "a")
    refund(world, "10.00")
    gateway.refund_answers = [RefundPending("re-1")]
    for _ in range(7):
        world.give_back(gateway)
        world.now += DAY
    world.give_back(gateway)
    gateway.looked_up.clear()


@pytest.mark.parametrize("by", ["our reference", "its own id"])
def test_the_refund_is_asked_about_at_once(world, gateway, by):
    under_way(world, gateway)
    gateway.end_refund("re-1", Refunded("re-1", 1000))
    assert world.give_back(gateway) == 0
    assert tell(
        world, gateway, **({"reference": reference(world)} if by == "our reference" else {"ref": "re-1"})
    )
    assert work(world, gateway) == 1
    assert kept(world) == [("e1", "done", 1, None)]
    assert world.refunds("a") == [(1, "under_way", 1000)], "what a webhook says is not booked"
    assert gateway.looked_up == []
    assert world.give_back(gateway) == 1
    assert gateway.looked_up == ["re-1"]
    assert world.refunds("a") == [(1, "succeeded", 1000)]
    balanced(world, gateway)


def test_what_the_bank_sends_back_is_heard_of_before_it_would_be_looked_at(world, gateway):
    charged(world, gateway, "a")
    refund(world, "10.00")
    world.give_back(gateway)
    world.now += DAY
    given = gateway.refunds[reference(world)].gateway_ref
    gateway.end_refund(given, RefundFailed("declined", "sent back"))
    tell(world, gateway, reference=reference(world), ref=given)
    work(world, gateway)
    world.give_back(gateway)
    assert (world.refunds("a"), world.cash("a")) == ([(1, "failed", 1000)], 1000)
    balanced(world, gateway)


def test_a_refund_in_somebodys_hands_is_left_to_them(world, gateway):
    charged(world, gateway, "a")
    refund(world, "10.00")
    plain = gateway.refund

    def while_it_is_sent(request):
        tell(world, gateway, reference=request.reference)
        work(world, gateway)
        assert world.give_back(gateway) == 0
        return plain(request)

    gateway.refund = while_it_is_sent
    send_refunds(
        world.store, {gateway.name: gateway}, clock=lambda: world.now, policy=world.policy,
        limits=CallLimits(default_per_s=1_000_000),
    )  # fmt: skip
    assert gateway.given_back_minor() == [1000]
    assert world.refunds("a") == [(1, "succeeded", 1000)]
    balanced(world, gateway)


def test_one_that_waits_or_became_cash_stays_as_it_is(world, gateway):
    charged(world, gateway, "a")
    refund(world, "10.00")
    tell(world, gateway, "e1", reference=reference(world))
    work(world, gateway)
    assert world.refunds("a") == [(1, "waiting", 1000)]
    gateway.refund_answers = [RefundFailed("closed_account", "nobody there")]
    world.give_back(gateway)
    tell(world, gateway, "e2", reference=reference(world))
    work(world, gateway)
    assert world.give_back(gateway) == 0
    assert world.rows("SELECT state, next_at FROM gateway_refund") == [("failed", None)]
    assert [row[1] for row in kept(world)] == ["done", "done"]


def test_a_reference_that_is_no_uuid_is_about_nothing_of_ours(world, gateway):
    under_way(world, gateway)
    tell(world, gateway, reference="not-a-uuid", ref="re-1")
    work(world, gateway)
    assert kept(world) == [("e1", "ignored", 1, "not about a charge of ours")]
    assert world.give_back(gateway) == 0
