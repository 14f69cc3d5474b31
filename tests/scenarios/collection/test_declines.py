"""After a decline: another method is tried at once, and a try that something kept from happening is made up for.

Rule: R5.4.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.model.gateway.charges import RequiresAction, Succeeded, TryLater
from tests.support.collection import HARD, SOFT, add_card, hold, release, with_card
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

pytestmark = pytest.mark.usefixtures("audited")


def declined(world: World, gateway: FakeGateway, answer=SOFT, account: str = "a") -> None:
    """An account whose threshold charge of 1,000.00 was declined."""
    with_card(world, account)
    world.fee(account, "1000")
    gateway.answers = [answer]
    world.charge(gateway)
    assert world.attempts(account) == [("threshold", "declined", 100_000)]


def days(world: World, gateway: FakeGateway, number: int) -> None:
    for _ in range(number):
        world.now += timedelta(days=1)
        world.tick()
        world.charge(gateway)


# --------------------------------------------------------------------------------------------- another method
@pytest.mark.parametrize("answer", [HARD, SOFT])
def test_a_method_made_default_while_the_old_one_was_charged_is_tried_when_that_declines(
    world, gateway, answer
):
    with_card(world, "a")
    world.fee("a", "1000")
    add_card(world, "a", "other", method_token="ok_other")
    gateway.answers = [answer]
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "declined", 100_000), ("retry", "succeeded", 100_000)]
    assert [request.method_token for request in gateway.asked] == ["ok_a", "ok_other"]
    assert world.announced("account.") == ["account.resumed"]


def test_a_hard_decline_of_a_method_that_is_no_longer_the_default_does_not_end_the_tries(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    add_card(world, "a", "other", method_token="ok_other")
    gateway.answers = [HARD, SOFT]
    world.charge(gateway)
    assert [state for _, state, _ in world.attempts("a")] == ["declined", "declined"]
    world.at("2026-10-12 00:00").tick()
    world.charge(gateway)
    assert world.attempts("a")[2:] == [("retry", "succeeded", 100_000)]


def test_a_new_default_on_a_day_of_enough_charges_is_tried_on_the_next(world, gateway):
    with_card(world, "a")
    gateway.answers = []
    for _ in range(2):
        world.fee("a", "1000")
        world.charge(gateway)
    world.fee("a", "1000")
    gateway.answers = [HARD]
    world.charge(gateway)
    add_card(world, "a", "other", method_token="ok_other")
    world.charge(gateway)
    assert len(world.attempts("a")) == 3, "three a day are enough"
    world.at("2026-10-05 15:59").tick()
    assert len(world.attempts("a")) == 3
    world.at("2026-10-05 16:00").tick()
    world.charge(gateway)
    assert world.attempts("a")[3:] == [("retry", "succeeded", 100_000)]
    assert world.announced("account.") == ["account.resumed"]


def test_the_same_method_made_default_again_is_tried_again_after_a_hard_decline(world, gateway):
    declined(world, gateway, HARD)
    world.send("payment_method_default", "a", method="visa")
    world.charge(gateway)
    assert world.attempts("a")[1:] == [("retry", "succeeded", 100_000)]


def test_the_same_method_made_default_again_after_a_soft_decline_waits_for_its_day(world, gateway):
    declined(world, gateway, SOFT)
    world.send("payment_method_default", "a", method="visa")
    world.charge(gateway)
    assert len(world.attempts("a")) == 1


def test_a_new_default_that_declines_too_is_tried_again_after_7_and_14_days(world, gateway):
    declined(world, gateway, HARD)
    gateway.answers = [SOFT, SOFT, SOFT]
    add_card(world, "a", "other", method_token="ok_other")
    world.charge(gateway)
    days(world, gateway, 20)
    assert world.attempts("a")[1:] == [("retry", "declined", 100_000)] * 3
    assert [request.sent_at.day for request in gateway.asked] == [5, 5, 12, 19]


# --------------------------------------------------------------------------------------------- a try that is owed
def test_a_try_that_a_hold_kept_from_happening_is_made_when_it_is_released(world, gateway):
    declined(world, gateway)
    hold(world, "a")
    days(world, gateway, 9)
    assert len(world.attempts("a")) == 1
    assert world.announced("account.") == ["account.suspension_reminder"], "said once, hold or no hold"
    release(world, "a")
    world.charge(gateway)
    assert world.attempts("a")[1:] == [("retry", "succeeded", 100_000)]
    assert world.announced("account.")[1:] == ["account.resumed"]


def test_a_hold_over_both_tries_owes_one(world, gateway):
    declined(world, gateway)
    hold(world, "a")
    days(world, gateway, 20)
    release(world, "a")
    gateway.answers = [SOFT]
    world.charge(gateway)
    days(world, gateway, 3)
    assert world.attempts("a")[1:] == [("retry", "declined", 100_000)]


def test_a_charge_in_flight_on_the_day_of_a_try_is_that_try_if_it_declines(world, gateway):
    declined(world, gateway)
    gateway.answers = [RequiresAction("pi_1", None)]
    add_card(world, "a", "other", method_token="ok_other")
    # The payer takes a week, for this gateway cannot be reached when it is given up.
    world.charge(gateway)
    world.at("2026-10-12 00:00").tick()
    assert len(world.attempts("a")) == 2
    gateway.answers = [SOFT]
    world.charge(gateway)
    assert world.attempts("a")[1:] == [("retry", "declined", 100_000)]
    world.tick()
    world.charge(gateway)
    assert len(world.attempts("a")) == 2, "not tried twice in a row"
    world.at("2026-10-19 00:00").tick()
    assert len(world.attempts("a")) == 3


def test_a_charge_in_flight_on_the_day_of_a_try_that_takes_too_little_is_followed_by_it(world, gateway):
    declined(world, gateway)
    gateway.answers = [RequiresAction("pi_1", None)]
    add_card(world, "a", "other", method_token="ok_other")
    world.charge(gateway)
    world.fee("a", "500")
    world.at("2026-10-12 00:00").tick()
    gateway.answers = [Succeeded("pi_1", 60_000)]
    world.charge(gateway)
    assert world.attempts("a")[1:] == [("retry", "succeeded", 100_000), ("retry", "succeeded", 90_000)]


def test_a_try_without_anything_left_to_collect_is_over(world, gateway):
    declined(world, gateway)
    hold(world, "a")
    world.at("2026-10-12 00:00").tick()
    world.send(
        "card_activated", "a", card="gift", amount="1000.00", currency="USD",
        valid_from="2026-01-01T00:00:00Z", valid_until="2027-01-01T00:00:00Z",
    )  # fmt: skip
    release(world, "a")
    world.fee("a", "300")
    world.top_up("a", "0.01")
    world.tick()
    assert world.charge(gateway) == 0, "the try of that day is over"
    world.at("2026-10-19 00:00").tick()
    world.charge(gateway)
    assert world.attempts("a")[1:] == [("retry", "succeeded", 29_999)]


# --------------------------------------------------------------------------------------------- a removed method
def test_a_removed_method_is_not_charged_for_what_still_waits(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.answers = [TryLater("429")]
    world.charge(gateway)
    world.send("payment_method_removed", "a", method="visa")
    world.now += timedelta(hours=3)
    world.tick()
    assert world.charge(gateway) == 0
    assert world.attempts("a") == [("threshold", "not_charged", 100_000)]
    assert world.rows("SELECT code FROM charge_attempt") == [("method_removed",)]
    add_card(world, "a", "other", method_token="ok_other")
    world.charge(gateway)
    assert world.attempts("a")[1:] == [("threshold", "succeeded", 100_000)]


def test_what_a_removed_method_was_to_pay_another_default_pays_at_once(world, gateway):
    with_card(world, "a")
    world.fee("a", "300")
    world.at("2026-10-31 15:00").tick()
    add_card(world, "a", "other", method_token="ok_other")
    world.send("payment_method_removed", "a", method="visa")
    world.charge(gateway)
    assert world.attempts("a") == [("sweep", "not_charged", 30_000), ("sweep", "succeeded", 30_000)]
    assert [request.method_token for request in gateway.asked] == ["ok_other"]


def test_what_waited_for_a_removed_method_may_be_paid_from_elsewhere(world, gateway):
    with_card(world, "a")
    world.fee("a", "300")
    world.at("2026-11-02 04:00").tick()
    world.top_up("a", "300.00")
    assert world.bills("a")[202610] == ("unsettled", 30_000, 0), "the charge that waits covers it"
    world.send("payment_method_removed", "a", method="visa")
    # Without a method the fees that accrue do count, and there are none.
    assert world.bills("a")[202610] == ("settled", 30_000, 30_000)
    assert world.charge(gateway) == 0


def test_a_try_that_waited_for_a_removed_method_is_made_with_the_next_one(world, gateway):
    declined(world, gateway)
    world.at("2026-10-12 00:00").tick()
    world.send("payment_method_removed", "a", method="visa")
    assert world.attempts("a")[1:] == [("retry", "not_charged", 100_000)]
    add_card(world, "a", "other", method_token="ok_other")
    world.charge(gateway)
    assert world.attempts("a")[2:] == [("retry", "succeeded", 100_000)]


@pytest.mark.parametrize("another", [False, True])
def test_a_method_removed_in_the_same_breath_as_the_fees_is_not_charged(world, gateway, another):
    """Both events are worked off in one go, so the charge that the fees began was never written."""
    with_card(world, "a")
    if another:
        add_card(world, "a", "other", method_token="ok_other", make_default=False)
    fee = {
        "id": "f1", "amount": "1000", "currency": "USD", "product": "ECS", "incurred_at": "2026-10-04T00:00:00Z",
    }  # fmt: skip
    messages = [world.message("fees", "a", fees=[fee])]
    if another:
        messages.append(world.message("payment_method_default", "a", method="other"))
    world.receive(*messages, world.message("payment_method_removed", "a", method="visa"))
    assert world.drain().refused == 0
    world.charge(gateway)
    assert [request.method_token for request in gateway.asked] == (["ok_other"] if another else [])
    if not another:
        add_card(world, "a", "third", method_token="ok_third")
        world.charge(gateway)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000)]


def test_a_removed_method_that_was_sent_to_ends_as_it_ends(world, gateway):
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.loses = 1
    world.charge(gateway)
    world.send("payment_method_removed", "a", method="visa")
    world.now += timedelta(minutes=1)
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000)]


def test_a_charge_is_not_sent_while_somebody_plans_for_its_account(world, gateway):
    """Or it could be sent in the very moment in which its method is removed."""
    with_card(world, "a", "b")
    world.fee("a", "1000")
    world.fee("b", "1000")
    with world.store.transaction() as tx:
        tx.exec_driver_sql("SELECT 1 FROM account WHERE external_id = 'a' FOR NO KEY UPDATE")
        world.charge(gateway)
        assert [request.account for request in gateway.asked] == ["b"]
    world.charge(gateway)
    assert [request.account for request in gateway.asked] == ["b", "a"]
