"""The rate limit of a gateway: what it counts, what it saves up, and that it keeps nobody waiting for long.

Rule: R5.5, R5.6.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.model.gateway.charges import NotFound, RequiresAction, Unknown
from settlement.operations.gateway.charges import inquire_about_charges, send_charges
from settlement.operations.gateway.engine import CallLimits, CallReport
from settlement.operations.gateway.webhooks import process_notifications
from tests.support.collection import with_card
from tests.support.gateways.webhooks_in import Sender, in_doubt, tell
from tests.support.world import World


@pytest.fixture
def gateway() -> Sender:
    return Sender()


def at_rate(per_s: float) -> CallLimits:
    return CallLimits(per_s={"sandbox": per_s})


def send(world: World, gateway: Sender, per_s: float) -> CallReport:
    return send_charges(
        world.store, {"sandbox": gateway}, clock=lambda: world.now, policy=world.policy, limits=at_rate(per_s)
    )


def ask(world: World, gateway: Sender, per_s: float) -> CallReport:
    return inquire_about_charges(
        world.store, {"sandbox": gateway}, clock=lambda: world.now, policy=world.policy, limits=at_rate(per_s)
    )


def read_hints(world: World, gateway: Sender, per_s: float) -> int:
    taken = 0
    while more := process_notifications(
        world.store, {"sandbox": gateway}, at=world.now, policy=world.policy, limit=10, limits=at_rate(per_s)
    ):
        taken += more
    return taken


def owing(world: World, *names: str) -> None:
    with_card(world, *names)
    for name in names:
        world.fee(name, "1000")


def ahead_s(world: World) -> float:
    """For how long the gateway is to be left alone; below zero: what is saved up."""
    return float(world.one("SELECT extract(epoch FROM next_at - clock_timestamp()) FROM gateway_pace"))


def use_up(world: World) -> None:
    """As if everything that was saved up had just been used."""
    with world.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE gateway_pace SET next_at = clock_timestamp()")


def wait(world: World, seconds: float) -> None:
    """As if that much real time had passed."""
    with world.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE gateway_pace SET next_at = next_at - %s * interval '1 second'", (seconds,))


# --------------------------------------------------------------------------------------------- what is saved up
@pytest.mark.parametrize("per_s", [0.5, 0.3, 0.07])
def test_less_than_one_call_a_second_is_one_call_in_several_seconds(world, gateway, per_s):
    owing(world, "a", "b")
    assert send(world, gateway, per_s).calls == 1
    made = send(world, gateway, per_s)
    assert (made.calls, made.is_rate_limited) == (0, True)
    wait(world, 0.8 / per_s)
    assert send(world, gateway, per_s).calls == 0
    wait(world, 0.2 / per_s)
    assert send(world, gateway, per_s).calls == 1


def test_no_more_than_a_second_of_calls_is_saved_up(world, gateway):
    owing(world, *"abcdef")
    assert send(world, gateway, 3.0).calls == 3
    wait(world, 3600)
    assert send(world, gateway, 2.0).calls == 2


# --------------------------------------------------------------------------------------------- what is counted
def test_webhooks_that_need_no_read_use_up_nothing(world, gateway):
    references = in_doubt(world, gateway, "a")
    world.now += timedelta(minutes=1)
    world.charge(gateway)
    gateway.looked_up.clear()
    for number in range(100):
        tell(world, gateway, f"e{number}", reference=references["a"], ref="g-1")
    tell(world, gateway, "foreign", reference=None, ref="ch_of_somebody_else")
    owing(world, "b")
    use_up(world)
    assert read_hints(world, gateway, 10.0) == 101
    assert gateway.looked_up == []
    wait(world, 1)
    assert send(world, gateway, 10.0).calls == 1


def test_webhooks_about_one_object_use_up_one_read(world, gateway):
    references = in_doubt(world, gateway, "a")
    for number in range(10):
        tell(world, gateway, f"e{number}", reference=references["a"], ref="g-1")
    use_up(world)
    assert read_hints(world, gateway, 1.0) == 10
    assert gateway.looked_up == ["g-1"]
    assert 0 < ahead_s(world) <= 1


@pytest.mark.parametrize(("per_s", "at_most_s"), [(1.0, 3), (0.5, 6)])
def test_reads_beyond_the_pace_keep_charges_waiting_for_seconds_only(world, gateway, per_s, at_most_s):
    names = [f"a{number}" for number in range(12)]
    references = in_doubt(world, gateway, *names)
    for name in names:
        ref = gateway.books[references[name]].gateway_ref
        tell(world, gateway, f"e-{name}", reference=references[name], ref=ref)
    assert read_hints(world, gateway, per_s) == len(names)
    assert len(gateway.looked_up) == len(names)
    assert at_most_s - 2 < ahead_s(world) <= at_most_s


def test_a_question_that_takes_two_calls_counts_as_two(world, gateway):
    in_doubt(world, gateway, "a")
    gateway.loses = 1
    world.now += timedelta(minutes=1)
    wait(world, 3600)
    assert ask(world, gateway, 0.01).calls == 1
    assert (len(gateway.asked), len(gateway.looked_up)) == (1, 1)
    # One call was saved up; the other is a hundred seconds ahead.
    assert 90 < ahead_s(world) <= 100


def test_giving_up_a_payer_counts_every_call(world, gateway):
    owing(world, "a")
    gateway.answers = [RequiresAction("pi_1", None)]
    world.charge(gateway)
    gateway.says["pi_1"] = RequiresAction("pi_1", None)
    world.now += timedelta(days=1)
    wait(world, 3600)
    assert ask(world, gateway, 0.01).calls == 1
    assert (gateway.voided, gateway.looked_up) == (["pi_1"], ["pi_1", "pi_1"])
    assert 190 < ahead_s(world) <= 200


def test_an_answer_in_one_call_uses_up_one(world, gateway):
    owing(world, "a", "b")
    gateway.answers = [Unknown("no answer"), NotFound()]
    assert send(world, gateway, 2.0).calls == 2
    assert -1 < ahead_s(world) <= 0
