"""From a charge whose payer has to approve it to the money, by PayPal's own library and the stand-in. Rule: R5.5d."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.request import urlopen

import pytest

from settlement.gateways.paypal.gateway import PayPalGateway
from tests.support.gateways.gatewaysim import GatewaySim, running_gatewaysim


@pytest.fixture
def sim() -> Iterator[GatewaySim]:
    with running_gatewaysim() as running:
        yield running


def test_the_link_that_is_announced_leads_to_where_the_payer_approves_and_the_charge_is_taken(world, sim):
    gateway = PayPalGateway("client_sim", "secret_sim", url=sim.url, webhook_id="WH-SIM", timeout_s=5)
    world.open("a")
    world.send(
        "payment_method_added", "a", method="pp", kind="paypal", gateway="paypal", method_token="vault_action",
        threshold="8.00", currency="USD",
    )  # fmt: skip
    world.fee("a", "12.34")
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "requires_action", 1_234)]
    said = json.loads(
        world.one("SELECT CAST(payload AS text) FROM outbox WHERE topic = 'charge.requires_action'")
    )
    assert said["gateway_ref"].startswith("order:")
    with urlopen(said["url"], timeout=5) as page:
        assert page.status == 200
    with urlopen(said["url"], b"", timeout=5) as answer:
        assert answer.status == 200
    world.now += timedelta(minutes=2)
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "succeeded", 1_234)]
    assert [line["amount_minor"] for line in sim.ledger()["charges"]] == [1_234]
    assert world.faults() == 0
