"""A webhook about a refund or dispute makes the charge's be read, and books nothing itself. Rule: R5.6a, R5.9a."""

from __future__ import annotations

import pytest

from settlement.model.gateway.charges import Unknown
from tests.support.gateways.webhooks_in import Sender, charged, in_doubt, kept, tell, work
from tests.support.reversals import balanced, reversals
from tests.support.world import World, statements

TAKEN = 100_000


@pytest.fixture
def gateway() -> Sender:
    return Sender()


def its_charge(gateway: Sender, reference: str) -> str:
    return gateway.books[reference].gateway_ref


def test_what_the_gateway_shows_is_booked_and_not_what_the_webhook_claims(world, gateway):
    reference = charged(world, gateway, "a")["a"]
    shown = gateway.dispute(reference, TAKEN, at=world.now)
    for number in range(3):
        tell(world, gateway, f"e{number}", type="charge.refunded", ref="dp_forged", charge=shown.charge_ref)
    assert work(world, gateway) == 3
    assert kept(world) == [(f"e{number}", "done", 1, None) for number in range(3)]
    assert gateway.looked_up == [shown.charge_ref], "several webhooks about one charge read it once"
    assert reversals(world) == [("dispute", "needs_response", TAKEN, 0)]
    balanced(world, gateway)


def test_a_dispute_over_several_charges_has_each_of_them_read(world, gateway):
    references = charged(world, gateway, "a", "b")
    a, b = (gateway.dispute(references[name], TAKEN, at=world.now).charge_ref for name in "ab")
    for _ in range(2):
        tell(world, gateway, type="CUSTOMER.DISPUTE.CREATED", charge="capture:of_others", others=[a, b])
    while work(world, gateway):
        pass
    assert kept(world) == [
        ("e1", "ignored", 1, "not about a charge of ours"), ("e1#2", "done", 1, None), ("e1#3", "done", 1, None)
    ]  # fmt: skip
    assert sorted(gateway.looked_up) == sorted((a, b))
    assert reversals(world) == [("dispute", "needs_response", TAKEN, 0)] * 2
    balanced(world, gateway)


def test_one_that_claims_a_refund_which_is_not_there_books_nothing(world, gateway):
    reference = charged(world, gateway, "a")["a"]
    tell(world, gateway, type="charge.refunded", ref="re_forged", charge=its_charge(gateway, reference))
    work(world, gateway)
    assert reversals(world) == []
    assert kept(world) == [("e1", "done", 1, None)]
    balanced(world, gateway)


def test_about_a_charge_of_somebody_else_nothing_is_read(world, gateway):
    charged(world, gateway, "a")
    tell(world, gateway, type="charge.refunded", ref="re_1", charge="ch_of_somebody_else")
    work(world, gateway)
    assert gateway.looked_up == []
    assert kept(world) == [("e1", "ignored", 1, "not about a charge of ours")]


def test_it_waits_while_the_gateway_does_not_answer_and_while_its_charge_is_not_booked(world, gateway):
    reference = in_doubt(world, gateway, "a")["a"]
    gateway.dispute(reference, TAKEN, at=world.now)
    tell(world, gateway, charge=its_charge(gateway, reference), reference=reference)
    work(world, gateway)
    assert kept(world) == [("e1", "waiting", 1, "the charge is not booked yet")]
    world.now += world.policy.collection.inquire_after[1]
    world.charge(gateway)
    gateway.reversals_answer = Unknown("no answer")
    work(world, gateway)
    assert kept(world) == [("e1", "waiting", 2, "no answer")]
    gateway.reversals_answer = None
    world.now += world.policy.collection.inquire_after[1]
    work(world, gateway)
    assert kept(world) == [("e1", "done", 3, None)]
    assert reversals(world) == [("dispute", "needs_response", TAKEN, 0)]
    balanced(world, gateway)


def test_one_account_that_cannot_be_booked_keeps_no_other_from_its_turn(world, gateway):
    references = charged(world, gateway, "a", "b")
    for number, name in enumerate("ab"):
        shown = gateway.refund_there(references[name], TAKEN, at=world.now)
        tell(world, gateway, f"e{number}", charge=shown.charge_ref)
    world.rows(
        "UPDATE account SET parked_at = now(), parked_reason = 'odd' WHERE external_id = 'a' RETURNING 1"
    )
    work(world, gateway)
    assert [row[1] for row in kept(world)] == ["waiting", "done"]
    assert reversals(world) == [("refund", "succeeded", TAKEN, 0)]


def test_a_refund_in_doubt_that_may_be_the_one_shown_is_not_booked_twice(world: World, gateway: Sender):
    """Its response was lost, and the gateway's list does not show our reference of it."""
    reference = charged(world, gateway, "a")["a"]
    gateway.loses_refunds = 1
    world.send("refund", "a", amount="10.00", currency="USD", to="original_method")
    world.give_back(gateway)
    shown = gateway.reversals_of(its_charge(gateway, reference))
    assert isinstance(shown, list)
    gateway.reversals_answer = [one._replace(reference=None) for one in shown]
    tell(world, gateway, charge=its_charge(gateway, reference))
    work(world, gateway)
    assert reversals(world) == []
    gateway.reversals_answer = None
    world.now += world.policy.collection.inquire_after[1]
    world.give_back(gateway)
    assert world.refunds("a") == [(1, "succeeded", 1000)]
    balanced(world, gateway)


def test_a_webhook_about_many_charges_is_kept_in_one_statement(world, gateway):
    counts = []
    for event, others in (("e1", 1), ("e2", 40)):
        refs = [f"capture:{event}:{number}" for number in range(others)]
        with statements(world.store) as sent:
            assert tell(world, gateway, event, charge=f"capture:{event}", others=refs)
        counts.append(len(sent))
        assert not tell(world, gateway, event, charge=f"capture:{event}", others=refs), "known already"
    assert counts[0] == counts[1]
    assert len(kept(world)) == 2 + 41
