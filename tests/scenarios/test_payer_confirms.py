"""A charge whose payer has to confirm it: said with where and under which id. Rule: R5.5d."""

from __future__ import annotations

import json

import pytest

from settlement.model.charge import RequiresAction
from tests.scenarios.test_collecting import with_card
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


def said(world: World, topic: str) -> dict[str, object]:
    return dict(json.loads(world.one(f"SELECT CAST(payload AS text) FROM outbox WHERE topic = '{topic}'")))


def test_who_has_to_confirm_is_told_where_and_under_which_id(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.answers = [RequiresAction("order:1", "https://example.org/confirm")]
    world.charge(gateway)
    facts = said(world, "charge.requires_action")
    assert (facts["url"], facts["gateway_ref"]) == ("https://example.org/confirm", "order:1")


def test_a_charge_that_succeeded_is_announced_with_the_gateways_own_id(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    world.charge(gateway)
    assert said(world, "charge.succeeded")["gateway_ref"] == "g-1"
