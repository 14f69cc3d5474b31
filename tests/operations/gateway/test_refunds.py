"""Two of everything at once: never is more given back than was charged, and nothing twice. Rule: R7.3b, R7.3c."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from settlement.model.gateway.charges import TryLater, Unknown
from settlement.model.gateway.refund_calls import RefundOutcome, RefundRequest
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.gateway.refunds import inquire_about_refunds, send_refunds
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import balanced, charged, held, refund, refunded
from tests.support.world import World

LIMITS = CallLimits(default_per_s=1_000_000)
TO_THE_METHOD = {"currency": "USD", "to": "original_method"}


class Locked(FakeGateway):
    """Its books are for one caller at a time, as a real gateway's are."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def refund(self, request: RefundRequest) -> RefundOutcome:
        with self._lock:
            return super().refund(request)


@pytest.fixture
def gateway() -> Locked:
    return Locked()


def at_once(*acts: Callable[[], object]) -> None:
    """All of them, begun at the same moment; what one raises is raised."""
    barrier = threading.Barrier(len(acts))

    def begun(act: Callable[[], object]) -> object:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(begun, act) for act in acts]:
            done.result()


def test_events_at_once_never_give_back_more_than_was_charged(world: World, gateway: Locked):
    charged(world, gateway, "a")
    for _ in range(5):
        world.receive(
            *(world.message("refund", "a", amount="90.00", **TO_THE_METHOD) for _ in range(4)),
        )
        at_once(*[lambda: world.drain(accounts=1, events=1)] * 4)
    world.drain()
    assert refunded(world) == [100_000]
    assert held(world) + world.cash("a") == 20 * 9_000
    world.give_back(gateway)
    assert sum(gateway.given_back_minor()) == 100_000
    assert world.cash("a") == 80_000
    balanced(world, gateway)


def test_senders_and_askers_at_once_give_back_every_refund_once(world: World, gateway: Locked):
    names = [f"a{number}" for number in range(12)]
    charged(world, gateway, *names)
    for name in names:
        refund(world, "10.00", name)
        refund(world, "20.00", name)
    gateway.loses_refunds = 5

    def calls(act: Callable[..., object]) -> Callable[[], object]:
        def until_none_is_left() -> None:
            for _ in range(6):
                act(
                    world.store,
                    {gateway.name: gateway},
                    clock=lambda: world.now,
                    policy=world.policy,
                    limits=LIMITS,
                )

        return until_none_is_left

    at_once(calls(send_refunds), calls(send_refunds), calls(inquire_about_refunds))
    world.now += timedelta(minutes=10)
    at_once(calls(inquire_about_refunds), calls(inquire_about_refunds), calls(send_refunds))
    world.give_back(gateway)
    assert sorted(gateway.given_back_minor()) == [1000] * 12 + [2000] * 12
    assert len({request.reference for request in gateway.refunds_asked}) == 24
    assert world.announced("refund.succeeded") == ["refund.succeeded"] * 24
    balanced(world, gateway)


def test_a_slow_senders_late_answer_and_the_askers_answer_are_booked_once(world: World, gateway: Locked):
    """The first call takes longer than its lease; meanwhile somebody asks, with the same key."""
    charged(world, gateway, "a")
    refund(world, "10.00")
    plain = gateway.refund
    asked: list[RefundOutcome] = []

    def slow(request: RefundRequest) -> RefundOutcome:
        gateway.refund = plain  # type: ignore[method-assign]
        world.now += timedelta(minutes=10)
        world.give_back(gateway)
        asked.append(plain(request))
        return asked[-1]

    gateway.refund = slow  # type: ignore[method-assign]
    world.give_back(gateway)
    assert world.refunds("a") == [(1, "succeeded", 1000)]
    assert gateway.given_back_minor() == [1000]
    assert world.announced("refund.") == ["refund.succeeded"]
    balanced(world, gateway)


def test_whoever_slept_past_the_lease_does_not_call_any_more(world: World, gateway: Locked):
    charged(world, gateway, "a")
    refund(world, "10.00")
    instants = iter([world.now, world.now, world.now + timedelta(minutes=3)])
    last = world.now + timedelta(minutes=3)
    send_refunds(
        world.store,
        {gateway.name: gateway},
        clock=lambda: next(instants, last),
        policy=world.policy,
        limits=LIMITS,
    )
    assert gateway.refunds_asked == []
    assert world.refunds("a") == [(1, "unknown", 1000)]


def test_a_call_not_taken_up_after_its_lease_says_nothing_for_somebody_else_may_have_called(
    world: World, gateway: Locked
):
    charged(world, gateway, "a")
    refund(world, "10.00")

    def slow(_: RefundRequest) -> RefundOutcome:
        world.now += timedelta(minutes=10)
        return TryLater("too many requests")

    plain = gateway.refund
    gateway.refund = slow  # type: ignore[method-assign,assignment]
    send_refunds(
        world.store, {gateway.name: gateway}, clock=lambda: world.now, policy=world.policy, limits=LIMITS
    )
    assert world.refunds("a") == [(1, "unknown", 1000)]
    gateway.refund = plain  # type: ignore[method-assign]
    world.now += timedelta(minutes=1)
    world.give_back(gateway)
    assert gateway.given_back_minor() == [1000]
    balanced(world, gateway)


def test_a_question_that_takes_two_calls_uses_up_two(world: World, gateway: Locked):
    charged(world, gateway, "a")
    refund(world, "10.00")
    gateway.refund_answers = [Unknown("no answer")] * 2
    world.give_back(gateway)
    world.now += timedelta(minutes=1)
    world.rows("UPDATE gateway_pace SET next_at = clock_timestamp() RETURNING 1")
    before = world.one("SELECT next_at FROM gateway_pace")
    pace = CallLimits(batch=10, default_per_s=0.5)
    world.rows("UPDATE gateway_pace SET next_at = clock_timestamp() - interval '2 seconds' RETURNING next_at")
    made = inquire_about_refunds(
        world.store, {gateway.name: gateway}, clock=lambda: world.now, policy=world.policy, limits=pace
    )
    assert made.calls == 1
    assert gateway.looked_up
    # Two calls at one in two seconds, from two seconds saved.
    assert world.one("SELECT next_at FROM gateway_pace") - before >= timedelta(seconds=1.9)


def test_refunds_and_charges_share_the_pace_of_a_gateway(world: World, gateway: Locked):
    charged(world, gateway, "a")
    for _ in range(6):
        refund(world, "1.00")
    slow = CallLimits(batch=10, default_per_s=0.001)
    world.rows("UPDATE gateway_pace SET next_at = clock_timestamp() + interval '1 hour' RETURNING 1")
    made = send_refunds(
        world.store, {gateway.name: gateway}, clock=lambda: world.now, policy=world.policy, limits=slow
    )
    assert (made.calls, made.is_rate_limited) == (0, True)
    world.rows("UPDATE gateway_pace SET next_at = clock_timestamp() - interval '1 second' RETURNING 1")
    three = CallLimits(batch=10, default_per_s=3.5)
    made = send_refunds(
        world.store, {gateway.name: gateway}, clock=lambda: world.now, policy=world.policy, limits=three
    )
    assert made.calls == 3
    balanced(world, gateway)
