"""PayPal is checked when the first product is activated: held, let go, answered. Rule: R5.3."""

from __future__ import annotations

import pytest

from settlement.model.gateway.charges import Declined, RequiresAction, TryLater, Unknown
from settlement.operations.gateway.authorizations import work_authorizations
from settlement.operations.gateway.engine import CallLimits
from tests.support.fake_gateway import FakeGateway
from tests.support.world import Killed, World, statements


def with_paypal(world: World, account: str = "a") -> None:
    world.open(account)
    world.send(
        "payment_method_added", account, method="pp", kind="paypal", gateway="sandbox", method_token="ok",
        threshold="8.00", currency="USD",
    )  # fmt: skip
    assert world.refused() == []


def check(world: World, gateway: FakeGateway) -> int:
    calls = 0
    limits = CallLimits(default_per_s=1_000_000)
    while made := work_authorizations(
        world.store, {"sandbox": gateway}, clock=lambda: world.now, policy=world.policy, limits=limits
    ).calls:
        calls += made
    return calls


def state(world: World) -> tuple[str, str]:
    row = "SELECT state FROM pre_authorization ORDER BY id LIMIT 1"
    return world.one("SELECT state FROM payment_method"), world.one(row)


def test_the_first_activation_holds_a_dollar_and_lets_it_go(world, gateway):
    with_paypal(world)
    world.send("product_activated", "a", product="ECS")
    assert world.announced("product.") == []
    check(world, gateway)
    assert [request.amount_minor for request in gateway.asked] == [100]
    assert len(gateway.voided) == 1
    assert state(world) == ("verified", "voided")
    assert world.announced("p") == ["payment_method.verified", "product.activation"]
    world.send("product_activated", "a", product="OSS")
    assert check(world, gateway) == 0
    assert world.announced("product.") == ["product.activation"] * 2


def test_a_method_that_fails_is_unverified_and_the_activation_says_so(world, gateway):
    with_paypal(world)
    world.send("product_activated", "a", product="ECS")
    gateway.answers = [Declined("INSTRUMENT_DECLINED", "no", final=False)]
    check(world, gateway)
    assert state(world) == ("unverified", "declined")
    assert (
        world.one("SELECT payload ->> 'accepted' FROM outbox WHERE topic = 'product.activation'") == "false"
    )


def test_a_bank_card_needs_no_check_to_activate(world, gateway):
    world.open("a")
    world.send(
        "payment_method_added", "a", method="v", kind="bank_card", gateway="sandbox", method_token="ok"
    )
    world.send("product_activated", "a", product="ECS")
    assert check(world, gateway) == 0
    assert world.announced("product.") == ["product.activation"]


def test_a_method_can_be_verified_on_request(world, gateway):
    with_paypal(world)
    world.send("payment_method_verify", "a", method="pp")
    check(world, gateway)
    assert state(world) == ("verified", "voided")
    assert world.announced("p") == ["payment_method.verified"]


def test_a_payer_who_would_have_to_confirm_counts_as_failed_and_nothing_stays_held(world, gateway):
    with_paypal(world)
    world.send("product_activated", "a", product="ECS")
    gateway.answers = [RequiresAction("o-1", None)]
    check(world, gateway)
    assert gateway.voided == ["o-1"]
    assert state(world) == ("unverified", "declined")


@pytest.mark.parametrize("answer", [Unknown("no answer"), TryLater("too many")])
def test_an_answer_that_does_not_come_is_asked_for_again(world, gateway, answer):
    with_paypal(world)
    world.send("product_activated", "a", product="ECS")
    gateway.answers = [answer]
    check(world, gateway)
    assert world.announced("p") == []
    world.at("2026-10-05 00:02")
    check(world, gateway)
    assert state(world) == ("verified", "voided")
    assert len({request.reference for request in gateway.asked}) == 1


def test_a_process_that_dies_anywhere_leaves_nothing_held(world, gateway):
    with_paypal(world)
    world.send("product_activated", "a", product="ECS")
    for step in range(200):
        try:
            with statements(world.store, die_at=step) as sent:
                check(world, gateway)
        except Killed:
            world.at(f"2026-10-05 {step // 10:02d}:{step % 10 * 5:02d}")
            continue
        break
    assert len(sent) <= step
    assert state(world) == ("verified", "voided")
    assert set(gateway.voided) == {f"auth-{gateway.asked[0].reference}"}
    assert world.announced("p") == ["payment_method.verified", "product.activation"]


# --------------------------------------------------------------------------------------------- holds nobody sees
@pytest.fixture
def lost(world: World, gateway: FakeGateway) -> FakeGateway:
    """A hold was made, nobody heard of it, its key is forgotten, and the search does not show it."""
    with_paypal(world)
    world.send("product_activated", "a", product="ECS")
    gateway.loses_holds, gateway.shows_holds = 1, False
    check(world, gateway)
    world.at("2026-10-06 00:00")
    check(world, gateway)
    return gateway


def test_a_hold_that_nobody_sees_is_never_taken_for_none_and_let_go_when_it_shows(world, lost):
    assert state(world) == ("unverified", "unknown")
    assert world.announced("p") == ["payment_method.unverified", "product.activation"]
    assert (
        world.one("SELECT payload ->> 'accepted' FROM outbox WHERE topic = 'product.activation'") == "false"
    )
    world.at("2026-10-07 00:10")
    check(world, lost)
    assert len(world.announced("p")) == 2, "said once"
    lost.shows_holds = True
    world.at("2026-10-08 00:20")
    check(world, lost)
    assert state(world) == ("verified", "voided")
    assert lost.holds == {}
    assert world.announced("p")[2:] == ["payment_method.verified"]


def test_a_hold_that_nobody_sees_is_over_when_holds_lapse_and_not_before(world, lost):
    for day in (10, 20, 30):
        world.at(f"2026-10-{day} 12:00")
        check(world, lost)
        assert state(world)[1] == "unknown"
    world.at("2026-11-05 12:00")
    check(world, lost)
    assert state(world) == ("unverified", "not_charged")
    assert world.one("SELECT code FROM pre_authorization") == "lapsed"
    assert world.announced("p") == ["payment_method.unverified", "product.activation"]


def test_a_hold_that_somebody_let_go_by_hand_is_over_as_soon_as_the_search_says_so(world, lost):
    world.at("2026-10-07 00:10")
    lost.find = lambda request: Declined("VOIDED", "nothing is held", final=False)
    check(world, lost)
    assert state(world) == ("unverified", "declined")
    assert world.announced("p") == ["payment_method.unverified", "product.activation"]


def test_a_search_that_fails_in_between_changes_nothing(world, lost):
    world.at("2026-10-07 00:10")
    seen, lost.find = lost.find, lambda request: Unknown("no answer")
    check(world, lost)
    lost.find = seen
    world.at("2026-10-09 00:10")
    check(world, lost)
    assert state(world) == ("unverified", "unknown")
    assert len(world.announced("p")) == 2
