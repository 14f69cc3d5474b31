"""The engine of calls: one bad outcome keeps no neighbour's from being booked. Rule: R5.5e."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace

import pytest
from sqlalchemy import text

from settlement.errors import Busy
from settlement.model.gateway.charges import (
    ChargeOutcome,
    Declined,
    GatewayRequest,
    RequiresAction,
    Succeeded,
)
from settlement.model.gateway.refund_calls import RefundFailed
from settlement.operations.gateway.charges import send_charges
from settlement.operations.gateway.outcomes import book_charges
from tests.support.collection import with_card
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import charged, refund
from tests.support.world import World

# One too large for any column of the database: no cleaning of texts helps there.
TOO_MUCH = 10**20


class Scripted(FakeGateway):
    """Answers by account."""

    def __init__(self) -> None:
        super().__init__()
        self.by_account: dict[str, ChargeOutcome] = {}

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        return self.by_account.get(request.account) or super().charge(request)


@pytest.fixture
def gateway() -> Scripted:
    return Scripted()


@pytest.fixture(autouse=True)
def audited(world: World):
    yield
    assert world.faults() == 0


def owing(world: World, *names: str) -> None:
    with_card(world, *names)
    for name in names:
        world.fee(name, "1500")


@pytest.mark.parametrize(
    "bad",
    [
        Declined("card_declined", "no\0 money", False),
        Declined("card\0declined", "a lone surrogate \ud800", False),
        Declined("card_declined", "\x1b[2Jcleared, \u202eturned round" + "long" * 10_000, False),
        RequiresAction("g-\0", "https://confirm.example/\0"),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_kept_keeps_no_neighbours_money_from_being_booked(world, gateway, bad):
    owing(world, "a", "b", "c")
    gateway.by_account["b"] = bad
    world.charge(gateway)
    assert [world.attempts(name)[0][1] for name in "ac"] == ["succeeded", "succeeded"]
    assert world.attempts("b")[0][1] == ("declined" if isinstance(bad, Declined) else "requires_action")
    for code, message in world.rows("SELECT code, message FROM charge_attempt WHERE state = 'declined'"):
        kept = (code or "") + (message or "")
        assert len(kept) <= 600
        assert kept.isprintable()


def test_an_outcome_that_cannot_be_booked_is_alone_and_stays_in_doubt(world, gateway):
    owing(world, "a", "b", "c", "d", "e")
    gateway.by_account["d"] = Succeeded("g-much", TOO_MUCH)
    world.charge(gateway)
    assert [world.attempts(name)[0][1] for name in "abce"] == ["succeeded"] * 4
    state, next_at, message = world.rows(
        "SELECT state, next_at, message FROM charge_attempt WHERE state <> 'succeeded'"
    )[0]
    assert state == "unknown"
    assert next_at > world.now
    assert (
        message == "what the gateway reported could not be booked: an amount or a text in it is out of range"
    )


def test_an_id_of_a_gateway_that_is_booked_already_is_said_in_words(world, gateway):
    owing(world, "a", "b")
    gateway.by_account["a"] = gateway.by_account["b"] = Succeeded("g-same", 100_000)
    world.charge(gateway)
    assert sorted(world.attempts(name)[0][1] for name in "ab") == ["succeeded", "unknown"]
    message = world.one("SELECT message FROM charge_attempt WHERE state = 'unknown'")
    assert message == (
        "what the gateway reported could not be booked: the gateway's id of it is that of another one, which is booked"
    )


def test_the_same_of_refunds(world, gateway):
    charged(world, gateway, "a", "b")
    for name in "ab":
        refund(world, "10.00", name)
    gateway.refund_answers = [RefundFailed("no\0", "not\0 possible")]
    world.give_back(gateway)
    assert sorted(world.refunds(name)[0][1] for name in "ab") == ["failed", "succeeded"]


def test_an_account_that_is_not_free_keeps_no_neighbour_from_being_booked(world, gateway):
    owing(world, "a", "b", "c")
    locked = world.one("SELECT id FROM account WHERE external_id = 'b'")

    def book(tx, responses, **given):
        if locked in {response.account_id for response in responses}:
            raise Busy("the lock of the account was not free")
        return book_charges(tx, responses, **given)

    sending = replace(send_charges, book=book)
    with pytest.raises(Busy):
        sending(world.store, {"sandbox": gateway}, clock=lambda: world.now, policy=world.policy)
    assert [world.attempts(name)[0][1] for name in "abc"] == ["succeeded", "sent", "succeeded"]


def test_a_locked_account_keeps_no_neighbours_outcome_waiting_for_long(world, gateway):
    """Each part of the set once waited as long as a statement may, twenty seconds: minutes together."""
    names = [f"a{number}" for number in range(8)]
    owing(world, *names)
    with ExitStack() as somebody:

        def book(tx, responses, **given):
            if len(responses) == len(names):
                lock = "SELECT 1 FROM account WHERE external_id = 'a5' FOR NO KEY UPDATE"
                somebody.enter_context(world.store.transaction()).execute(text(lock))
            return book_charges(tx, responses, **given)

        sending = replace(send_charges, book=book)
        begun = time.monotonic()
        with pytest.raises(Busy):
            sending(world.store, {"sandbox": gateway}, clock=lambda: world.now, policy=world.policy)
        assert time.monotonic() - begun < 20
    assert [world.attempts(name)[0][1] for name in names] == ["succeeded"] * 5 + ["sent"] + ["succeeded"] * 2
