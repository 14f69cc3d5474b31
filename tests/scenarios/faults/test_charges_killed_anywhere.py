"""A process that dies before any statement, commit or call to a gateway: every amount is taken once. Rule: R5.5."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest

from settlement.gateways.port import Gateway
from settlement.model.gateway.charges import ChargeOutcome, Declined, GatewayRequest, Notification
from settlement.operations.gateway.charges import inquire_about_charges, send_charges
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.gateway.webhooks import process_notifications, store_notification
from settlement.operations.schedule.collection import collect_due
from tests.support.fake_gateway import FakeGateway
from tests.support.world import Killed, World, statements

OVER_THE_LINE_MINOR = 123_456
LIMITS = CallLimits(default_per_s=1_000_000)
# Longer than the lease of a charge, so that whoever comes next may ask about it.
LATER = timedelta(minutes=10)


class DeadlyGateway(FakeGateway):
    """Ends the process before it does anything, or after everything was done and before it answers."""

    dies = ""
    declines = ""

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        if self.dies == "before":
            raise Killed
        if request.account == self.declines:
            return Declined("insufficient_funds", "no money", final=False)
        outcome = super().charge(request)
        if self.dies == "after":
            raise Killed
        return outcome

    def notification(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Notification:
        return Notification(**json.loads(body))


@pytest.fixture
def gateway() -> DeadlyGateway:
    return DeadlyGateway()


def owing(world: World, name: str) -> None:
    """An account with a card whose uncollected fees are above the threshold, so that a charge waits."""
    world.open(name)
    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": f"ok_{name}"}
    assert world.send("payment_method_added", name, **card).refused == 0
    world.fee(name, "1234.56")


def die_at_every_statement(world: World, prepare: Callable[[str], None], work: Callable[[], object]) -> int:
    """A fresh account for every place to die at, until there is no such place any more. Returns the deaths."""
    for place in range(1000):
        prepare(f"a{place}")
        try:
            with statements(world.store, die_at=place):
                work()
        except Killed:
            world.now += LATER
            continue
        return place
    raise AssertionError("the work never ended")


def everything_was_taken_once(world: World, gateway: FakeGateway, accounts: int) -> None:
    assert gateway.taken_minor() == [OVER_THE_LINE_MINOR] * accounts
    assert world.rows("SELECT state, count(*) FROM charge_attempt GROUP BY state") == [
        ("succeeded", accounts)
    ]
    assert world.rows("SELECT DISTINCT remaining_minor FROM charge_line") == [(OVER_THE_LINE_MINOR,)]
    assert world.faults() == 0


def calling(world: World, gateway: Gateway, act: Callable[..., object]) -> Callable[[], object]:
    return lambda: act(
        world.store, {gateway.name: gateway}, clock=lambda: world.now, policy=world.policy, limits=LIMITS
    )


def test_sending_takes_once_wherever_the_process_dies(world, gateway):
    deaths = die_at_every_statement(
        world, lambda name: owing(world, name), calling(world, gateway, send_charges)
    )
    assert deaths > 10
    world.now += LATER
    world.charge(gateway)
    everything_was_taken_once(world, gateway, deaths + 1)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_that_dies_around_the_call_leaves_a_charge_that_is_asked_about(world, gateway, moment):
    owing(world, "a")
    gateway.dies = moment
    with pytest.raises(Killed):
        calling(world, gateway, send_charges)()
    gateway.dies = ""
    assert world.charge(gateway) == 0, "its lease is not over yet"
    world.now += LATER
    assert world.charge(gateway) == 1
    everything_was_taken_once(world, gateway, 1)


def test_asking_books_once_wherever_the_process_dies(world, gateway):
    def in_doubt(name: str) -> None:
        owing(world, name)
        gateway.loses = 1
        calling(world, gateway, send_charges)()
        world.now += LATER

    deaths = die_at_every_statement(world, in_doubt, calling(world, gateway, inquire_about_charges))
    assert deaths > 10
    for _ in range(5):
        world.now += LATER
        world.charge(gateway)
    everything_was_taken_once(world, gateway, deaths + 1)


def test_webhooks_book_once_wherever_the_process_dies(world, gateway):
    def told(name: str) -> None:
        owing(world, name)
        gateway.loses = 1
        calling(world, gateway, send_charges)()
        reference = gateway.asked[-1].reference
        taken = gateway.books[reference].gateway_ref
        body = {"event_id": name, "type": "charged", "reference": reference, "gateway_ref": taken}
        store_notification(world.store, gateway, {}, json.dumps(body).encode(), at=world.now)

    def work() -> object:
        return process_notifications(
            world.store, {gateway.name: gateway}, at=world.now, policy=world.policy, limit=100, limits=LIMITS
        )

    deaths = die_at_every_statement(world, told, work)
    assert deaths > 10
    world.now += LATER
    work()
    everything_was_taken_once(world, gateway, deaths + 1)
    assert world.rows("SELECT DISTINCT state FROM gateway_event") == [("done",)]


def test_what_follows_from_a_decline_happens_once_wherever_the_process_dies(world, gateway):
    def declining(name: str) -> None:
        owing(world, name)
        gateway.declines = name
        calling(world, gateway, send_charges)()
        gateway.declines = ""
        world.now += timedelta(days=7)

    def work() -> object:
        return collect_due(world.store, at=world.now, policy=world.policy)

    deaths = die_at_every_statement(world, declining, work)
    assert deaths > 10
    work()
    world.charge(gateway)
    everything = {f"a{number}" for number in range(deaths + 1)}
    charged = world.rows(
        """SELECT external_id, count(*) FROM charge_attempt JOIN account a ON a.id = account_id
           WHERE state = 'succeeded' GROUP BY external_id"""
    )
    assert dict(charged) == dict.fromkeys(everything, 1)
    assert gateway.taken_minor() == [OVER_THE_LINE_MINOR] * len(everything)
    assert world.faults() == 0
