"""What is not known is neither declined nor charged again: payers who confirm, questions in vain. Rule: R5.5."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.errors import Refused
from settlement.model.gateway.charges import (
    ChargeOutcome,
    ChargeResponse,
    Declined,
    NotFound,
    RequiresAction,
    Succeeded,
    TryLater,
    Unknown,
)
from settlement.operations.gateway.charge_resolution import resolve_charge
from settlement.operations.gateway.outcomes import book_charges, book_set
from tests.support.collection import reference, with_card
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

CONFIRM = RequiresAction("pi_1", "https://example.org/confirm")
DAY = timedelta(days=1)


pytestmark = pytest.mark.usefixtures("audited")


def waits_for_payer(world: World, gateway: FakeGateway) -> None:
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.answers = [CONFIRM]
    world.charge(gateway)
    assert states(world) == ["requires_action"]


def states(world: World) -> list[str]:
    return [state for _, state, _ in world.attempts("a")]


def ask(world: World, gateway: FakeGateway, *answers: ChargeOutcome) -> None:
    """Asks about what is due by now; the gateway's reads bring these answers."""
    gateway.answers = list(answers)
    world.charge(gateway)
    assert gateway.answers == []


# --------------------------------------------------------------------------------------------- the payer confirms
def test_an_object_that_is_not_found_once_is_not_charged_again(world, gateway):
    waits_for_payer(world, gateway)
    world.now += timedelta(minutes=2)
    ask(world, gateway, NotFound())
    assert states(world) == ["requires_action"]
    assert len(gateway.asked) == 1
    assert world.rows("SELECT action_url FROM charge_attempt") == [(CONFIRM.url,)], "the payer still needs it"
    world.now += timedelta(hours=1)
    ask(world, gateway, Succeeded("pi_1", 100_000))
    assert states(world) == ["succeeded"]


def test_an_object_that_is_not_found_is_looked_for_by_our_reference(world, gateway):
    waits_for_payer(world, gateway)
    gateway.books[reference(world)] = Succeeded("pi_2", 100_000)
    world.now += timedelta(minutes=2)
    ask(world, gateway, NotFound())
    assert states(world) == ["succeeded"]


def test_an_object_that_is_nowhere_when_the_search_is_sure_was_never_confirmed(world, gateway):
    waits_for_payer(world, gateway)
    world.now += gateway.key_lives_for
    ask(world, gateway, NotFound())
    assert states(world) == ["requires_action"], "the search may still lag"
    world.now += DAY
    ask(world, gateway, NotFound())
    assert states(world) == ["declined"]
    assert world.rows("SELECT code FROM charge_attempt") == [("authentication_required",)]
    world.tick()
    assert world.charge(gateway) == 0, "it would only have to be confirmed again"


def test_a_search_in_vain_says_nothing_about_an_object_that_cannot_be_read(world, gateway):
    waits_for_payer(world, gateway)
    for _ in range(3):
        world.now += timedelta(days=2)
        ask(world, gateway, Unknown("the capture is pending"))
    assert states(world) == ["requires_action"]


@pytest.mark.parametrize("answer", [Unknown("no answer"), TryLater("too many requests")])
def test_what_cannot_be_read_after_it_was_voided_is_not_taken_for_declined(world, gateway, answer):
    waits_for_payer(world, gateway)
    world.now += DAY
    ask(world, gateway, CONFIRM, answer)
    assert gateway.voided == ["pi_1"]
    assert states(world) == ["requires_action"]
    world.now += DAY
    ask(world, gateway, Succeeded("pi_1", 100_000))
    assert states(world) == ["succeeded"]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Succeeded("pi_1", 100_000), "succeeded"),
        (Declined("canceled", "it was cancelled", final=False), "declined"),
        (NotFound(), "declined"),
    ],
)
def test_what_is_known_after_it_was_voided_is_booked(world, gateway, answer, state):
    waits_for_payer(world, gateway)
    world.now += DAY
    ask(world, gateway, CONFIRM, answer)
    assert states(world) == [state]


def test_what_is_not_found_after_it_was_voided_is_declined_when_the_search_is_sure(world, gateway):
    gateway.key_lives_for = timedelta(days=3)
    waits_for_payer(world, gateway)
    world.now += DAY
    ask(world, gateway, CONFIRM, NotFound())
    assert states(world) == ["requires_action"]
    world.now += 3 * DAY
    ask(world, gateway, NotFound())
    assert states(world) == ["declined"]


def test_what_cannot_be_voided_goes_on_waiting(world, gateway):
    waits_for_payer(world, gateway)
    gateway.void = lambda request, gateway_ref: False
    world.now += DAY
    ask(world, gateway, CONFIRM)
    assert states(world) == ["requires_action"]


def test_the_payers_day_begins_when_it_is_sent(world, gateway):
    """The sweep that was missed is made up for under its own instant, which is long ago."""
    with_card(world, "a")
    world.fee("a", "300")
    world.at("2026-11-02 03:00").tick()
    ask(world, gateway, CONFIRM)
    assert world.attempts("a") == [("sweep", "requires_action", 30_000)]
    world.now += timedelta(hours=23)
    ask(world, gateway, CONFIRM)
    assert gateway.voided == []
    assert states(world) == ["requires_action"]
    world.now += timedelta(days=2)
    ask(world, gateway, CONFIRM, NotFound())
    assert gateway.voided == ["pi_1"]


def test_an_operator_is_told_of_doubt_that_begins_after_long_waiting(world, gateway):
    waits_for_payer(world, gateway)
    gateway.void = lambda request, gateway_ref: False
    for _ in range(8):
        world.now += DAY
        ask(world, gateway, CONFIRM)
    assert world.announced("charge.") == ["charge.requires_action"], "waiting for a payer is no doubt"
    for _ in range(3):
        world.now += DAY
        ask(world, gateway, Unknown("no answer"))
    assert world.announced("charge.") == ["charge.requires_action", "charge.unknown"]


# --------------------------------------------------------------------------------------------- an operator's word
def test_an_operator_cannot_end_what_its_payer_may_still_confirm(world, gateway):
    waits_for_payer(world, gateway)
    world.now += 3 * DAY
    with pytest.raises(Refused) as refused:
        resolve_charge(world.store, reference(world), gateway_ref=None, at=world.now, policy=world.policy)
    assert refused.value.code == "payer_may_confirm"
    assert states(world) == ["requires_action"]


def test_an_operator_may_say_that_the_payer_has_confirmed(world, gateway):
    waits_for_payer(world, gateway)
    resolve_charge(world.store, reference(world), gateway_ref="pi_1", at=world.now, policy=world.policy)
    assert states(world) == ["succeeded"]


# --------------------------------------------------------------------------------------------- late answers
@pytest.mark.parametrize("answer", [Unknown("no answer"), CONFIRM])
def test_a_late_word_that_the_call_was_not_taken_up_takes_nothing_back(world, gateway, answer):
    """The first call's 429 comes when somebody has already asked, which may have charged."""
    with_card(world, "a")
    world.fee("a", "1000")
    ask(world, gateway, answer)
    before = world.rows("SELECT state, sent_at FROM charge_attempt")
    account_id = world.one("SELECT id FROM account")
    book_set(
        world.store,
        [ChargeResponse(account_id, 1, TryLater("too many requests"))],
        book_charges,
        at=world.now,
        policy=world.policy,
    )
    assert world.rows("SELECT state, sent_at FROM charge_attempt") == before
