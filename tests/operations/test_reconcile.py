"""Our books against the gateway's, both ways. Rule: R5.7, R11.5."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from settlement.model.charge import Declined, GatewayCharge, Succeeded, Unknown
from settlement.operations.reconcile import Reconciled, reconcile, reconcile_due
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

DAY = date(2026, 10, 5)


class Bookkeeper(FakeGateway):
    """Books that a test may falsify, each charge at the noon of the day."""

    def __init__(self) -> None:
        super().__init__()
        self.also: list[GatewayCharge] = []

    def charges_between(self, since: datetime, until: datetime):
        noon = datetime(2026, 10, 5, 4, tzinfo=UTC)
        if since <= noon < until:
            yield from super().charges_between(noon, until)
            yield from self.also


@pytest.fixture
def gateway() -> Bookkeeper:
    return Bookkeeper()


def charged(world: World, gateway: FakeGateway, *names: str) -> None:
    world.open(*names)
    for name in names:
        world.send(
            "payment_method_added", name, method="v", kind="bank_card", gateway="sandbox", method_token="ok"
        )
        world.fee(name, "1000")
    world.charge(gateway)


def compare(world: World, gateway: FakeGateway) -> Reconciled:
    return reconcile(world.store, gateway, day=DAY, at=world.now, policy=world.policy)


def open_differences(world: World) -> list[tuple]:
    return world.rows(
        "SELECT kind, ours_minor, theirs_minor FROM reconciliation_difference WHERE closed_at IS NULL ORDER BY 1, 3"
    )


def test_books_that_agree(world, gateway):
    charged(world, gateway, "a", "b")
    result = compare(world, gateway)
    assert (result.ours, result.theirs, result.differences) == (2, 2, 0)
    assert world.faults() == 0


def test_a_charge_that_the_gateway_lacks(world, gateway):
    charged(world, gateway, "a")
    kept = gateway.books.copy()
    gateway.books.clear()
    assert compare(world, gateway).differences == 1
    assert open_differences(world) == [("missing_there", 100_000, None)]
    assert world.announced("reconciliation.") == ["reconciliation.difference"]
    assert world.faults() == 1
    compare(world, gateway)
    assert len(world.announced("reconciliation.")) == 1
    gateway.books.update(kept)
    assert compare(world, gateway).differences == 0
    assert open_differences(world) == []
    assert world.faults() == 0


def test_a_charge_that_is_not_known_here_and_one_taken_twice(world, gateway):
    charged(world, gateway, "a")
    ((reference, taken),) = gateway.books.items()
    gateway.also = [
        GatewayCharge("g-9", "00000000-0000-0000-0000-000000000009", 500, "USD", world.now),
        GatewayCharge("g-8", reference, taken.amount_minor, "USD", world.now),
        GatewayCharge("g-7", None, 77, "USD", world.now),
    ]
    result = compare(world, gateway)
    assert (result.foreign, result.differences) == (1, 2)
    assert open_differences(world) == [("missing_here", None, 500), ("charged_twice", 100_000, 100_000)]


def test_an_amount_that_differs(world, gateway):
    charged(world, gateway, "a")
    ((reference, taken),) = gateway.books.items()
    gateway.books[reference] = Succeeded(taken.gateway_ref, 99_999)
    compare(world, gateway)
    assert open_differences(world) == [("amount_differs", 100_000, 99_999)]


@pytest.mark.parametrize("answer", [Unknown("lost"), Declined("insufficient_funds", "no", hard=False)])
def test_money_that_was_taken_after_all_is_booked_and_no_difference(world, gateway, answer):
    gateway.answers = [answer]
    charged(world, gateway, "a")
    reference = world.one("SELECT CAST(reference AS text) FROM charge_attempt")
    gateway.books[reference] = Succeeded("g-1", 100_000)
    result = compare(world, gateway)
    assert (result.booked, result.differences) == (1, 0)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000)]
    assert world.faults() == 0


def test_every_day_is_compared_once_when_it_is_long_enough_over(world, gateway):
    charged(world, gateway, "a")
    gateways = {"sandbox": gateway}

    def due(at: str) -> list[date]:
        world.at(at)
        done = reconcile_due(world.store, gateways, at=world.now, policy=world.policy)
        return [result.day for result in done]

    assert due("2026-10-05 20:00") == []
    assert due("2026-10-05 22:11") == [DAY]
    assert due("2026-10-05 23:00") == []
    assert due("2026-10-08 23:00") == [date(2026, 10, 6), date(2026, 10, 7), date(2026, 10, 8)]
