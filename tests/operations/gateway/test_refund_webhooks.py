"""Webhooks about refunds leave charges as they are, whatever state these are in. Rule: R5.6a, R7.3."""

from __future__ import annotations

import pytest

from settlement.model.gateway.charges import Declined, Notification, RequiresAction, Succeeded, Unknown
from settlement.operations.gateway.webhooks import process_notifications, store_notification
from tests.support.collection import with_card
from tests.support.fake_gateway import FakeGateway


class Told(FakeGateway):
    """Believes every webhook that it is given as a hint."""

    told: Notification

    def notification(self, headers, body, *, at) -> Notification:
        return self.told


@pytest.mark.parametrize(
    "answer",
    [None, Unknown("lost"), RequiresAction("pi_1", None), Declined("insufficient_funds", "no", final=False)],
)
@pytest.mark.parametrize(
    ("reference", "ref"),
    [("0f0e0d0c-0000-4000-8000-000000000001", "re_1"), (None, "re_1"), (None, "ch_1"), (None, "refund:1")],
)
def test_a_refund_changes_no_charge(world, answer, reference, ref):
    gateway = Told()
    gateway.answers = [answer] if answer is not None else []
    with_card(world, "a")
    world.fee("a", "1000")
    world.charge(gateway)
    before = world.rows("SELECT * FROM charge_attempt"), world.image()
    gateway.answers = [Succeeded(ref, 100_000)]
    gateway.told = Notification("evt_1", "charge.refunded", reference, ref)
    assert store_notification(world.store, gateway, {}, b"{}", at=world.now)
    while process_notifications(
        world.store, {"sandbox": gateway}, at=world.now, policy=world.policy, limit=10
    ):
        pass
    assert (world.rows("SELECT * FROM charge_attempt"), world.image()) == before
    assert world.rows("SELECT state, note FROM gateway_event") == [("ignored", "not about a charge of ours")]
