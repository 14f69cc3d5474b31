"""Refunds to the original method: back to the charges, oldest first, and to cash where that fails. Rule: R7.3."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.errors import Misconfigured
from settlement.model.gateway.charges import NotFound, Succeeded, TryLater, Unknown
from settlement.model.gateway.refund_calls import Refunded, RefundFailed, RefundPending
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import CARD, balanced, held, refund, refunded
from tests.support.refunds import charged as charged_for
from tests.support.world import World

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def charged(world: World, gateway: FakeGateway) -> World:
    """Account `a`, charged 1,000.00 and then 1,500.00, both held for October's bill."""
    charged_for(world, gateway, "a", fees=("1000", "1500"))
    assert gateway.taken_minor() == [100_000, 150_000]
    return world


# ---------------------------------------------------------------------------------------------- where it goes
def test_it_goes_back_to_the_charges_oldest_first_each_at_most_what_it_took(charged, gateway):
    refund(charged, "1200.00")
    assert charged.refunds("a") == [(1, "waiting", 100_000), (2, "waiting", 20_000)]
    assert (held(charged), charged.cash("a"), refunded(charged)) == (120_000, 0, [100_000, 20_000])
    assert gateway.given_back_minor() == [], "nobody is called inside the transaction of the event"
    balanced(charged, gateway)

    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "succeeded", 100_000), (2, "succeeded", 20_000)]
    assert sorted(gateway.given_back_minor()) == [20_000, 100_000]
    assert (held(charged), charged.cash("a")) == (0, 0)
    assert charged.announced("refund.") == ["refund.succeeded"] * 2
    balanced(charged, gateway)


def test_a_second_refund_goes_on_where_the_first_one_ended(charged, gateway):
    refund(charged, "300.00")
    charged.give_back(gateway)
    refund(charged, "900.00")
    charged.give_back(gateway)
    assert charged.refunds("a") == [
        (1, "succeeded", 30_000), (1, "succeeded", 70_000), (2, "succeeded", 20_000),
    ]  # fmt: skip
    balanced(charged, gateway)


def test_what_no_charge_can_take_back_is_cash_at_once_and_pays_what_is_unsettled(charged, gateway):
    charged.send("payment_method_removed", "a", method="visa")
    charged.fee("a", "40.00")
    charged.at("2026-11-02 04:00").tick()
    assert charged.bills("a")[202610] == ("unsettled", 254_000, 250_000)
    refund(charged, "2530.00")
    # A method that was removed still takes back what it paid.
    assert charged.refunds("a") == [(1, "waiting", 100_000), (2, "waiting", 150_000)]
    assert charged.bills("a")[202610] == ("unsettled", 254_000, 253_000)
    charged.give_back(gateway)
    assert gateway.given_back_minor() == [100_000, 150_000]
    balanced(charged, gateway)


def test_an_account_that_was_never_charged_gets_cash(world, gateway):
    world.open("a")
    refund(world, "12.34")
    assert (world.refunds("a"), world.cash("a")) == ([], 1234)
    assert world.give_back(gateway) == 0
    balanced(world, gateway)


def test_a_charge_in_flight_or_in_doubt_cannot_be_given_back(world, gateway):
    world.open("a")
    world.send("payment_method_added", "a", **CARD)
    world.fee("a", "1000")
    refund(world, "5.00")
    gateway.loses = 1
    world.charge(gateway)
    refund(world, "6.00")
    assert (world.refunds("a"), world.cash("a")) == ([], 1100)
    world.now += MINUTE * 10
    world.charge(gateway)
    refund(world, "7.00")
    assert world.refunds("a") == [(1, "waiting", 700)]
    balanced(world, gateway)


def test_a_charge_at_a_gateway_that_is_gone_is_passed_over(charged, gateway):
    charged.rows("UPDATE charge_attempt SET gateway = 'gone' WHERE attempt_no = 1 RETURNING 1")
    refund(charged, "1600.00")
    assert charged.refunds("a") == [(2, "waiting", 150_000)]
    assert charged.cash("a") == 10_000


def test_several_refunds_in_one_drain_share_the_charges(charged, gateway):
    data = {"amount": "900.00", "currency": "USD", "to": "original_method"}
    charged.receive(*(charged.message("refund", "a", **data) for _ in range(3)))
    assert charged.drain().refused == 0
    assert charged.refunds("a") == [
        (1, "waiting", 90_000), (1, "waiting", 10_000), (2, "waiting", 80_000), (2, "waiting", 70_000),
    ]  # fmt: skip
    assert charged.cash("a") == 20_000
    charged.give_back(gateway)
    assert sum(gateway.given_back_minor()) == 250_000
    balanced(charged, gateway)


def test_an_event_delivered_twice_gives_back_once(charged, gateway):
    message = charged.message("refund", "a", amount="50.00", currency="USD", to="original_method")
    for _ in range(2):
        charged.receive(message)
        charged.drain()
        charged.give_back(gateway)
    assert gateway.given_back_minor() == [5000]
    balanced(charged, gateway)


# ---------------------------------------------------------------------------------------------- what comes of it
def test_a_refund_that_fails_becomes_cash_is_announced_and_pays_what_is_unsettled(charged, gateway):
    charged.send("payment_method_removed", "a", method="visa")
    charged.fee("a", "40.00")
    charged.at("2026-11-02 04:00").tick()
    refund(charged, "50.00")
    gateway.refund_answers = [RefundFailed("expired_or_canceled_card", "the card is gone")]
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "failed", 5000)]
    assert charged.bills("a")[202610] == ("settled", 254_000, 254_000)
    assert (charged.cash("a"), held(charged), refunded(charged)) == (1000, 0, [0, 0])
    assert charged.announced("refund.") == ["refund.failed_to_cash"]
    ((payload,),) = charged.rows("SELECT payload FROM outbox WHERE topic = 'refund.failed_to_cash'")
    assert (payload["amount"], payload["code"]) == ("50.00", "expired_or_canceled_card")
    assert charged.give_back(gateway) == 0
    balanced(charged, gateway)


def test_a_lost_answer_is_asked_about_with_the_same_key_and_gives_back_once(charged, gateway):
    refund(charged, "50.00")
    gateway.loses_refunds = 1
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "unknown", 5000)]
    assert charged.give_back(gateway) == 0, "asked about in its own time"
    charged.now += MINUTE
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "succeeded", 5000)]
    first, again = gateway.refunds_asked
    assert first == again
    assert gateway.given_back_minor() == [5000]
    balanced(charged, gateway)


def test_in_doubt_nothing_is_given_back_again_and_an_operator_is_told_in_the_end(charged, gateway):
    refund(charged, "50.00")
    gateway.refund_answers = [Unknown("no answer")] * 20
    gateway.find_refund = lambda request: TryLater("no search today")
    for _ in range(8):
        charged.give_back(gateway)
        charged.now += DAY
    assert charged.refunds("a") == [(1, "unknown", 5000)]
    assert (held(charged), charged.cash("a")) == (5000, 0)
    assert charged.announced("refund.") == ["refund.unknown"]
    balanced(charged, gateway)


def test_a_refund_that_never_happened_is_sent_again_when_the_gateway_is_sure(charged, gateway):
    refund(charged, "50.00")
    gateway.refund_answers = [Unknown("no answer")] * 10
    charged.give_back(gateway)
    gateway.refund_answers = [Unknown("no answer")] * 10
    charged.now += gateway.key_lives_for
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "unknown", 5000)], "the search may still miss it"
    gateway.refund_answers = []
    charged.now += DAY
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "succeeded", 5000)]
    assert gateway.given_back_minor() == [5000]
    balanced(charged, gateway)


def test_a_refund_under_way_is_read_until_it_is_over(charged, gateway):
    refund(charged, "50.00")
    gateway.refund_answers = [RefundPending("r-slow")]
    charged.give_back(gateway)
    for _ in range(10):
        charged.now += DAY
        charged.give_back(gateway)
        assert charged.refunds("a") == [(1, "under_way", 5000)]
    assert charged.announced("refund.") == [], "slow is not unknown"
    gateway.end_refund("r-slow", Refunded("r-slow", 5000))
    charged.now += DAY
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "succeeded", 5000)]
    assert len(gateway.refunds_asked) == 1
    balanced(charged, gateway)


def test_a_refund_under_way_may_still_fail(charged, gateway):
    refund(charged, "50.00")
    gateway.refund_answers = [RefundPending("r-slow")]
    charged.give_back(gateway)
    gateway.end_refund("r-slow", RefundFailed("closed_account", "nobody there"))
    charged.now += MINUTE
    charged.give_back(gateway)
    assert (charged.refunds("a"), charged.cash("a")) == ([(1, "failed", 5000)], 5000)
    balanced(charged, gateway)


def test_a_refund_that_the_bank_sends_back_weeks_later_becomes_cash(charged, gateway):
    refund(charged, "50.00")
    charged.give_back(gateway)
    given = gateway.refunds[gateway.refunds_asked[0].reference]
    charged.now += 8 * DAY
    assert charged.give_back(gateway) == 1
    assert charged.refunds("a") == [(1, "succeeded", 5000)]
    gateway.end_refund(given.gateway_ref, RefundFailed("declined", "the bank sent it back"))
    charged.now += 8 * DAY
    assert charged.give_back(gateway) == 0, "it is read after a week and after a month"
    charged.now += 20 * DAY
    assert charged.give_back(gateway) == 1
    assert (charged.refunds("a"), charged.cash("a"), refunded(charged)) == (
        [(1, "failed", 5000)],
        5000,
        [0, 0],
    )
    assert charged.announced("refund.") == ["refund.succeeded", "refund.failed_to_cash"]
    balanced(charged, gateway)


def test_after_a_month_a_refund_is_not_looked_at_any_more(charged, gateway):
    refund(charged, "50.00")
    charged.give_back(gateway)
    charged.now += 40 * DAY
    assert charged.give_back(gateway) == 1
    assert charged.rows("SELECT next_at FROM gateway_refund") == [(None,)]
    charged.now += 400 * DAY
    assert charged.give_back(gateway) == 0


def test_an_amount_that_is_not_the_one_asked_for_is_for_an_operator(charged, gateway):
    refund(charged, "50.00")
    gateway.refund_answers = [Refunded("r-odd", 4999)]
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "unknown", 5000)]
    assert charged.rows("SELECT gateway_ref, message FROM gateway_refund") == [
        ("r-odd", "the gateway says it gave back 4999 of 5000 minor units")
    ]
    assert held(charged) == 5000


def test_a_call_that_was_not_taken_up_is_made_again(charged, gateway):
    refund(charged, "50.00")
    gateway.refund_answers = [TryLater("too many requests")]
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "waiting", 5000)]
    charged.now += MINUTE
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "succeeded", 5000)]
    balanced(charged, gateway)


def test_a_set_up_that_is_wrong_leaves_the_refund_waiting_and_what_is_in_doubt_in_doubt(charged, gateway):
    def misconfigured(_):
        raise Misconfigured("no permission")

    good, gateway.refund = gateway.refund, misconfigured
    refund(charged, "50.00")
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "waiting", 5000)]
    gateway.refund = good
    gateway.loses_refunds = 1
    charged.now += MINUTE
    charged.give_back(gateway)
    gateway.refund = misconfigured
    gateway.find_refund = misconfigured
    charged.now += MINUTE
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "unknown", 5000)]


def test_whatever_an_adapter_raises_leaves_the_refund_in_doubt(charged, gateway):
    def broken(_):
        raise ValueError("odd answer")

    gateway.refund = broken
    refund(charged, "50.00")
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "unknown", 5000)]
    assert held(charged) == 5000


# ---------------------------------------------------------------------------------------------- parked, shared pace
def test_parked_accounts_wait_and_keep_nobody_else_from_being_paid_back(world, gateway):
    names = [f"p{number}" for number in range(15)]
    charged_for(world, gateway, *names, "free")
    for name in [*names, "free"]:
        refund(world, "10.00", name)
    world.rows(
        "UPDATE account SET parked_at = now(), parked_reason = 'odd' WHERE external_id LIKE 'p%' RETURNING 1"
    )
    world.give_back(gateway)
    assert world.refunds("free") == [(1, "succeeded", 1000)]
    assert {state for name in names for _, state, _ in world.refunds(name)} == {"waiting"}
    world.rows(
        "UPDATE account SET parked_at = NULL, parked_reason = NULL WHERE parked_at IS NOT NULL RETURNING 1"
    )
    world.give_back(gateway)
    assert len(gateway.given_back_minor()) == 16
    balanced(world, gateway)


def test_an_answer_about_an_account_parked_meanwhile_is_not_lost(charged, gateway):
    refund(charged, "50.00")
    park, free = (
        "UPDATE account SET parked_at = now(), parked_reason = 'odd' RETURNING 1",
        "UPDATE account SET parked_at = NULL, parked_reason = NULL RETURNING 1",
    )
    plain = gateway.refund

    def parking(request):
        charged.rows(park)
        return plain(request)

    gateway.refund = parking
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "sent", 5000)]
    gateway.refund = plain
    charged.rows(free)
    charged.now += 10 * MINUTE
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "succeeded", 5000)]
    assert gateway.given_back_minor() == [5000]
    balanced(charged, gateway)


def test_a_question_that_finds_nothing_before_the_key_is_forgotten_is_not_final(charged, gateway):
    refund(charged, "50.00")
    gateway.refund_answers = [Unknown("no answer"), NotFound()]
    charged.give_back(gateway)
    charged.now += MINUTE
    charged.give_back(gateway)
    assert charged.refunds("a") == [(1, "unknown", 5000)]


def test_money_taken_is_known_by_what_the_gateway_says(world, gateway):
    """A charge over more than was taken gives back what was taken and no more."""
    world.open("a")
    world.send("payment_method_added", "a", **CARD)
    world.fee("a", "1000")
    gateway.answers = [Succeeded("g-part", 60_000)]
    world.charge(gateway)
    refund(world, "1000.00")
    assert world.refunds("a") == [(1, "waiting", 60_000)]
    assert world.cash("a") == 40_000
