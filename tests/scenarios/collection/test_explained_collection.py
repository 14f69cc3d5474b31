"""What explain says of collecting is what collecting does, at the instant it says. Rule: R4.8e, R3.3, R5.2, R5.4."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.model.cycle import Cycle
from settlement.model.gateway.charges import Declined, NotFound, RequiresAction
from settlement.model.reasons import Amount, Collection, CollectionStep
from settlement.operations.reports.explanations import BillExplanation, explain
from tests.support.builders import utc
from tests.support.world import World

OCT = 202610
SOFT = Declined("insufficient_funds", "no money", final=False)
HARD = Declined("stolen_card", "stolen", final=True)


pytestmark = pytest.mark.usefixtures("audited")


def with_method(world: World, account: str, **data: object) -> None:
    world.open(account)
    add_method(world, account, **data)


def add_method(world: World, account: str, **data: object) -> None:
    plain = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    assert world.send("payment_method_added", account, **(plain | data)).refused == 0


def explained(world: World, cycle: int = OCT) -> BillExplanation:
    found = explain(world.store, "a", Cycle(cycle), at=world.now, policy=world.policy)
    return found.bills[0]


def told(world: World, cycle: int = OCT) -> Collection:
    outlook = explained(world, cycle).outlook
    assert outlook is not None
    assert outlook.collection is not None
    return outlook.collection


def charged_exactly_at(world: World, said: Collection) -> None:
    """Nothing new is charged a second before the instant that was told, and at that instant something is."""
    assert said.at is not None
    before = len(world.attempts("a"))
    world.now = said.at - timedelta(seconds=1)
    world.tick()
    assert len(world.attempts("a")) == before
    world.now = said.at
    world.tick()
    assert len(world.attempts("a")) == before + 1


def test_below_the_threshold_the_sweep_is_told_then_issuance(world, gateway):
    with_method(world, "a")
    world.fee("a", "300")
    said = told(world)
    assert (said.step, said.at) == (CollectionStep.SWEEP, utc("2026-10-31 15:00"))
    assert said.figures["threshold"] == Amount(100_000, "USD")
    assert said.figures["uncollected"] == Amount(30_000, "USD")
    assert "reaches 1000.00 USD" in said.sentence
    charged_exactly_at(world, said)
    world.charge(gateway)
    world.fee("a", "20", incurred_at="2026-10-31T15:20:00Z")
    said = told(world)
    assert (said.step, said.at) == (CollectionStep.ISSUANCE, utc("2026-11-02 04:00"))
    outlook = explained(world).outlook
    assert outlook is not None
    assert outlook.collected_minor == 30_000
    charged_exactly_at(world, said)
    assert told(world).step is CollectionStep.IN_FLIGHT
    world.charge(gateway)
    assert explained(world).bill.state == "settled"


def test_over_the_threshold_but_charged_often_enough_today_the_next_day_is_told(world, gateway):
    with_method(world, "a")
    for _ in range(4):
        world.fee("a", "1000")
        world.charge(gateway)
        world.tick()
    said = told(world)
    assert (said.step, said.at) == (CollectionStep.THRESHOLD, utc("2026-10-05 16:00"))
    assert "charged 3 times already, again from 2026-10-06T00:00:00+08:00 on" in said.sentence
    charged_exactly_at(world, said)


def test_a_soft_decline_tells_the_next_tries_and_the_suspension(world, gateway):
    with_method(world, "a")
    world.fee("a", "1000")
    gateway.answers = [SOFT, SOFT, SOFT]
    world.charge(gateway)
    for day in ("2026-10-12 00:00", "2026-10-19 00:00"):
        said = told(world)
        assert (said.step, said.at) == (CollectionStep.RETRY, utc(day))
        assert said.figures["suspended_at"] == "2026-10-20T00:00:00Z"
        charged_exactly_at(world, said)
        world.charge(gateway)
    said = told(world)
    assert said.step is CollectionStep.GIVEN_UP
    assert "tried for the last time" in said.sentence
    world.at("2026-10-20 00:00").tick()
    assert world.announced("account.")[-1] == "account.suspended"
    assert (
        "; the account is suspended since 2026-10-20T08:00:00+08:00, until all is paid"
        in told(world).sentence
    )


def test_what_is_past_is_not_told_as_something_to_come(world, gateway):
    with_method(world, "a")
    world.fee("a", "1000")
    gateway.answers = [SOFT]
    world.charge(gateway)
    world.at("2026-10-25 00:00")  # and no tick since
    said = told(world)
    assert "the try that was due on 2026-10-12T08:00:00+08:00 is made at the next tick" in said.sentence
    assert "is tried again on" not in said.sentence
    assert "was to be suspended on 2026-10-20T08:00:00+08:00" in said.sentence
    assert "suspended_at" not in said.figures, "it is not, and no instant to come is known"
    assert said.figures["suspension_owed_since"] == "2026-10-20T00:00:00Z"


def test_after_a_hard_decline_another_method_is_what_helps(world, gateway):
    with_method(world, "a")
    world.fee("a", "1000")
    gateway.answers = [HARD]
    world.charge(gateway)
    said = told(world)
    assert said.step is CollectionStep.GIVEN_UP
    assert "for good" in said.sentence
    add_method(world, "a", method="other")
    assert told(world).step is CollectionStep.IN_FLIGHT


def test_an_unknown_outcome_is_told_as_a_reason_and_as_what_collecting_waits_for(world, gateway):
    with_method(world, "a")
    world.fee("a", "300")
    world.at("2026-11-02 04:00").tick()
    gateway.loses = 1
    world.charge(gateway)
    world.top_up("a", "300.00")
    found = explained(world)
    assert [str(reason.code) for reason in found.reasons] == ["charge_in_flight"]
    assert "outcome is not known yet" in found.reasons[0].sentence
    assert found.outlook is not None
    assert found.outlook.top_up_minor is None, "no money changes it"
    assert told(world).step is CollectionStep.IN_FLIGHT
    assert told(world).figures["state"] == "unknown"
    world.at("2026-11-02 04:05")
    world.charge(gateway)
    assert explained(world).bill.state == "settled"


def test_a_payer_has_until_then_to_confirm(world, gateway):
    with_method(world, "a")
    world.fee("a", "300")
    world.at("2026-11-02 04:00").tick()
    gateway.answers = [RequiresAction("pi_1", None)]
    world.charge(gateway)
    said = told(world)
    assert (said.step, said.at) == (CollectionStep.PAYER_CONFIRMS, utc("2026-11-03 04:00"))
    assert "has to confirm until 2026-11-03T12:00:00+08:00" in said.sentence
    # Nothing is taken before that, so other money may pay: it is no reason of its own.
    assert [str(reason.code) for reason in explained(world).reasons] == ["no_funds"]
    gateway.answers = [RequiresAction("pi_1", None), NotFound()]
    world.at("2026-11-03 04:00")
    assert "had to confirm until 2026-11-03T12:00:00+08:00; it is given up" in told(world).sentence
    world.charge(gateway)
    assert told(world).step is CollectionStep.RETRY


def test_without_a_method_and_by_bank_transfer_nothing_is_charged(world, gateway):
    world.open("a")
    world.fee("a", "300")
    world.at("2026-11-02 04:00").tick()
    assert told(world).step is CollectionStep.NO_METHOD
    assert world.send("payment_method_added", "a", method="iban", kind="bank_transfer").refused == 0
    assert told(world).step is CollectionStep.ANNOUNCED
    assert world.announced("collection.") == ["collection.due"]
    assert world.charge(gateway) == 0


def test_a_hold_keeps_sweep_and_issuance_waiting(world):
    with_method(world, "a")
    world.send("account_changed", "a", hold={"reason": "dispute"})
    world.fee("a", "300")
    assert told(world).step is CollectionStep.WAITS
    world.at("2026-11-02 04:00").tick()
    said = told(world)
    assert (said.step, said.at) == (CollectionStep.WAITS, None)
    assert world.attempts("a") == []
    world.send("account_changed", "a", release={"reason": "dispute"})
    assert told(world).step is CollectionStep.IN_FLIGHT


def test_on_credit_control_and_once_settled_there_is_nothing_to_tell(world):
    world.open("a", credit_control=True, credit_limit="100")
    add_method(world, "a")
    world.fee("a", "30")
    world.at("2026-11-02 04:00").tick()
    outlook = explained(world).outlook
    assert outlook is not None
    assert outlook.collection is None
    world.top_up("a", "30.00")
    assert explained(world).outlook is None


def test_the_payer_of_a_payment_by_hand_has_its_lease_to_confirm(world, gateway):
    with_method(world, "a")
    world.send("account_changed", "a", hold={"reason": "manual"})
    world.fee("a", "300")
    world.at("2026-11-02 04:00").tick()
    asked = {"payment": "p", "cycle": "2026-10", "currency": "USD", "amount": "100"}
    assert world.send("bill_payment_requested", "a", **asked).refused == 0, world.refused()
    gateway.answers = [RequiresAction("pi_1", None)]
    world.charge(gateway)
    said = told(world)
    assert (said.step, said.at) == (CollectionStep.PAYER_CONFIRMS, utc("2026-11-02 04:30"))
    world.at("2026-11-02 04:30").tick()
    said = told(world)
    assert (said.step, said.at) == (CollectionStep.IN_FLIGHT, None)
    assert "given up before its payer confirmed it" in said.sentence
