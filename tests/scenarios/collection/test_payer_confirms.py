"""A charge whose payer has to confirm it: said where and under which id, taken once it is confirmed. Rule: R5.5d."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from settlement.model.gateway.charges import ChargeOutcome, Notification, RequiresAction, Succeeded
from settlement.operations.gateway.webhooks import process_notifications, store_notification
from tests.support.collection import with_card
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

ORDER = RequiresAction("order:1", "https://example.org/confirm")


class Ordering(FakeGateway):
    """A gateway that takes what its payer has approved only when it is told to; `approved` says that he has."""

    def __init__(self) -> None:
        super().__init__()
        self.approved = False

    def read(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        return self.books.get("order", ORDER)

    def capture_confirmed(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        assert gateway_ref == "order:1"
        if self.approved:
            self.books.setdefault("order", Succeeded("capture:1", 100_000))
        return self.read(gateway_ref, reference)

    def notification(self, headers, body, *, at) -> Notification:
        return Notification(f"evt_{len(body)}", "CHECKOUT.ORDER.APPROVED", None, "order:1")


@pytest.fixture
def gateway() -> Ordering:
    return Ordering()


@pytest.fixture
def waiting(world: World, gateway: Ordering) -> Ordering:
    """A charge that waits for its payer."""
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.answers = [ORDER]
    world.charge(gateway)
    return gateway


def work(world: World, gateway: Ordering) -> None:
    while process_notifications(
        world.store, {"sandbox": gateway}, at=world.now, policy=world.policy, limit=10
    ):
        pass


def said(world: World, topic: str) -> dict[str, object]:
    return dict(json.loads(world.one(f"SELECT CAST(payload AS text) FROM outbox WHERE topic = '{topic}'")))


@pytest.mark.usefixtures("waiting")
def test_who_has_to_confirm_is_told_where_and_under_which_id(world):
    facts = said(world, "charge.requires_action")
    assert (facts["url"], facts["gateway_ref"]) == ("https://example.org/confirm", "order:1")


def test_a_charge_that_succeeded_is_announced_with_the_gateways_own_id(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    world.charge(gateway)
    assert said(world, "charge.succeeded")["gateway_ref"] == "g-1"


def test_what_was_approved_is_taken_when_it_is_asked_about(world, waiting):
    world.now += timedelta(minutes=2)
    world.charge(waiting)
    assert world.attempts("a") == [("threshold", "requires_action", 100_000)]
    waiting.approved = True
    world.now += timedelta(minutes=10)
    world.charge(waiting)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000)]
    assert waiting.taken_minor() == [100_000]


def test_a_webhook_makes_it_be_taken_at_once(world, waiting):
    waiting.approved = True
    assert store_notification(world.store, waiting, {}, b"{}", at=world.now)
    work(world, waiting)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000)]


def test_what_was_approved_at_the_last_moment_is_taken_and_not_given_up(world, waiting):
    waiting.approved = True
    world.now += timedelta(days=1)
    world.charge(waiting)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000)]


def test_what_was_given_up_is_never_taken_whoever_approves_it_then(world, waiting):
    world.now += timedelta(days=1)
    world.charge(waiting)
    assert world.attempts("a")[0] == ("threshold", "declined", 100_000)
    waiting.approved = True
    assert store_notification(world.store, waiting, {}, b"{}", at=world.now)
    work(world, waiting)
    world.now += timedelta(hours=1)
    world.charge(waiting)
    assert waiting.taken_minor() == []
    assert world.attempts("a") == [("threshold", "declined", 100_000)]
