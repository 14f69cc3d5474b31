"""A process that dies before any statement, commit or call: every refund reaches the customer once. Rule: R7.3c."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from settlement.model.gateway.refund_calls import RefundFailed, RefundOutcome, RefundPending, RefundRequest
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.gateway.refund_resolution import resolve_refund
from settlement.operations.gateway.refunds import inquire_about_refunds, send_refunds
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import balanced, charged, held, reference, refund
from tests.support.world import Killed, World, statements

GIVEN_BACK_MINOR = 4_200
LIMITS = CallLimits(default_per_s=1_000_000)
# Longer than the lease of a refund, so that whoever comes next may ask about it.
LATER = timedelta(minutes=10)


class DeadlyGateway(FakeGateway):
    """Ends the process before it does anything, or after everything was done and before it answers."""

    dies = ""
    refuses: RefundFailed | None = None

    def refund(self, request: RefundRequest) -> RefundOutcome:
        if self.dies == "before":
            raise Killed
        if self.refuses is not None:
            return self.refuses
        outcome = super().refund(request)
        if self.dies == "after":
            raise Killed
        return outcome


@pytest.fixture
def gateway() -> DeadlyGateway:
    return DeadlyGateway()


def calling(world: World, gateway: FakeGateway, act: Callable[..., object]) -> Callable[[], object]:
    return lambda: act(
        world.store, {gateway.name: gateway}, clock=lambda: world.now, policy=world.policy, limits=LIMITS
    )


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


def owed(world: World, gateway: FakeGateway, name: str) -> None:
    """An account that was charged and whose refund waits."""
    charged(world, gateway, name)
    refund(world, "42.00", name)


def everything_was_given_back_once(world: World, gateway: FakeGateway, accounts: int) -> None:
    assert gateway.given_back_minor() == [GIVEN_BACK_MINOR] * accounts
    assert world.rows("SELECT state, count(*) FROM gateway_refund GROUP BY state") == [
        ("succeeded", accounts)
    ]
    assert world.rows("SELECT DISTINCT refunded_minor FROM charge_attempt") == [(GIVEN_BACK_MINOR,)]
    assert world.announced("refund.") == ["refund.succeeded"] * accounts
    assert held(world) == 0
    balanced(world, gateway)


def test_an_event_makes_its_refunds_once_wherever_the_process_dies(world, gateway):
    def sent(name: str) -> None:
        charged(world, gateway, name)
        world.receive(world.message("refund", name, amount="42.00", currency="USD", to="original_method"))

    deaths = die_at_every_statement(world, sent, world.drain)
    assert deaths > 10
    world.drain()
    world.give_back(gateway)
    everything_was_given_back_once(world, gateway, deaths + 1)


def test_sending_gives_back_once_wherever_the_process_dies(world, gateway):
    deaths = die_at_every_statement(
        world, lambda name: owed(world, gateway, name), calling(world, gateway, send_refunds)
    )
    assert deaths > 10
    world.now += LATER
    world.give_back(gateway)
    everything_was_given_back_once(world, gateway, deaths + 1)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_that_dies_around_the_call_leaves_a_refund_that_is_asked_about(world, gateway, moment):
    owed(world, gateway, "a")
    gateway.dies = moment
    with pytest.raises(Killed):
        calling(world, gateway, send_refunds)()
    gateway.dies = ""
    assert world.refunds("a") == [(1, "sent", GIVEN_BACK_MINOR)]
    assert world.give_back(gateway) == 0, "its lease is not over yet"
    world.now += LATER
    assert world.give_back(gateway) == 1
    everything_was_given_back_once(world, gateway, 1)


def test_asking_books_once_wherever_the_process_dies(world, gateway):
    def in_doubt(name: str) -> None:
        owed(world, gateway, name)
        gateway.loses_refunds = 1
        calling(world, gateway, send_refunds)()
        world.now += LATER

    deaths = die_at_every_statement(world, in_doubt, calling(world, gateway, inquire_about_refunds))
    assert deaths > 10
    for _ in range(5):
        world.now += LATER
        world.give_back(gateway)
    everything_was_given_back_once(world, gateway, deaths + 1)


@pytest.mark.parametrize("began", ["sent", "under way", "given back"])
def test_what_fails_becomes_cash_once_wherever_the_process_dies(world, gateway, began):
    """At once, after it was under way, or weeks after it was given back."""
    refused = RefundFailed("closed_account", "nobody there")

    def failing(name: str) -> None:
        owed(world, gateway, name)
        if began == "sent":
            gateway.refuses = refused
            return
        if began == "under way":
            gateway.refund_answers = [RefundPending(f"r-{name}")]
        calling(world, gateway, send_refunds)()
        given = gateway.refunds[gateway.refunds_asked[-1].reference]
        gateway.end_refund(given.gateway_ref, refused)
        world.now += LATER if began == "under way" else timedelta(days=7)

    work = calling(world, gateway, send_refunds if began == "sent" else inquire_about_refunds)
    deaths = die_at_every_statement(world, failing, work)
    assert deaths > 10
    for _ in range(5):
        world.now += LATER
        world.give_back(gateway)
    names = [f"a{number}" for number in range(deaths + 1)]
    assert {tuple(world.refunds(name)) for name in names} == {((1, "failed", GIVEN_BACK_MINOR),)}
    assert {world.cash(name) for name in names} == {GIVEN_BACK_MINOR}
    assert world.announced("refund.failed_to_cash") == ["refund.failed_to_cash"] * len(names)
    assert gateway.given_back_minor() == []
    balanced(world, gateway)


def test_an_operators_word_is_booked_whole_or_not_at_all_wherever_the_process_dies(world, gateway):
    latest = ""

    def waiting(name: str) -> None:
        nonlocal latest
        owed(world, gateway, name)
        latest = reference(world, name)

    def say() -> None:
        resolve_refund(world.store, latest, gateway_ref=None, at=world.now, policy=world.policy)

    deaths = die_at_every_statement(world, waiting, say)
    assert deaths > 10
    world.give_back(gateway)
    ended = dict(world.rows("SELECT state, count(*) FROM gateway_refund GROUP BY state"))
    # The one that was not killed, and the one killed after its commit; the others went the way they came.
    assert ended == {"failed": 2, "succeeded": deaths - 1}
    assert len(gateway.given_back_minor()) == ended["succeeded"]
    balanced(world, gateway)
