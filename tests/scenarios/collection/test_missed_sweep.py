"""An account with a charge in flight at the month-end sweep: swept when that ends, else when the bill is issued.

Rule: R3.3d.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.model.gateway.charges import ChargeResponse, Succeeded, Unknown
from settlement.operations.gateway.charge_resolution import resolve_charge
from settlement.operations.gateway.outcomes import book_charges
from tests.support.collection import SOFT, reference, with_card
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

OCT = 202610
BEFORE, SWEEP, ISSUED = "2026-10-31 14:50", "2026-10-31 15:00", "2026-11-02 04:00"


pytestmark = pytest.mark.usefixtures("audited")


def in_doubt_at_the_sweep(world: World, gateway: FakeGateway) -> None:
    """1,000.00 are being charged when the sweep comes, and 300.00 are not collected."""
    with_card(world, "a")
    world.at(BEFORE).fee("a", "1000")
    gateway.loses = 1
    world.charge(gateway)
    world.fee("a", "300")
    world.at(SWEEP).tick()
    assert world.attempts("a") == [("threshold", "unknown", 100_000)]


def test_it_is_swept_when_the_charge_ends(world, gateway):
    in_doubt_at_the_sweep(world, gateway)
    world.at("2026-10-31 15:05")
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000), ("sweep", "succeeded", 30_000)]
    world.at("2026-11-01 00:00").fee("a", "20", incurred_at="2026-10-31T15:30:00Z")
    world.tick()
    assert world.charge(gateway) == 0, "once is enough; the rest is for issuance"
    world.at(ISSUED).tick()
    world.charge(gateway)
    assert world.attempts("a")[2:] == [("issuance", "succeeded", 2_000)]
    assert world.bills("a")[OCT] == ("settled", 132_000, 132_000)


def test_own_funds_pay_first_then_too(world, gateway):
    in_doubt_at_the_sweep(world, gateway)
    world.top_up("a", "100.00")
    world.at("2026-10-31 15:05")
    world.charge(gateway)
    assert world.attempts("a")[1:] == [("sweep", "succeeded", 20_000)]
    world.at(ISSUED).tick()
    assert world.bills("a")[OCT] == ("settled", 130_000, 130_000)


def test_it_is_collected_from_at_issuance_when_the_charge_ends_later(world, gateway):
    in_doubt_at_the_sweep(world, gateway)
    world.at(ISSUED).tick()
    assert len(world.attempts("a")) == 1
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000), ("issuance", "succeeded", 30_000)]


def test_a_charge_that_declines_is_left_to_what_follows_from_that(world, gateway):
    with_card(world, "a")
    world.at(BEFORE).fee("a", "1000")
    world.fee("a", "300")
    world.at(SWEEP).tick()
    gateway.answers = [SOFT]
    world.charge(gateway)
    assert world.attempts("a") == [("threshold", "declined", 100_000)]


def test_a_charge_that_began_after_the_sweep_leads_to_no_other(world, gateway):
    with_card(world, "a")
    world.at(BEFORE).fee("a", "300")
    world.at(SWEEP).tick()
    world.charge(gateway)
    world.at("2026-10-31 15:10").fee("a", "1000", incurred_at="2026-10-31T15:05:00Z")
    world.fee("a", "20", incurred_at="2026-10-31T15:06:00Z")
    world.charge(gateway)
    assert world.attempts("a") == [("sweep", "succeeded", 30_000), ("threshold", "succeeded", 100_000)]


def test_fees_that_reach_the_threshold_are_charged_by_it(world, gateway):
    in_doubt_at_the_sweep(world, gateway)
    world.fee("a", "700")
    world.at("2026-10-31 15:05")
    world.charge(gateway)
    assert world.attempts("a")[1:] == [("threshold", "succeeded", 100_000)]


def test_the_records_name_the_sweep_and_the_charges_of_the_day_are_not_used_up(world, gateway):
    in_doubt_at_the_sweep(world, gateway)
    world.at("2026-10-31 15:05")
    world.charge(gateway)
    assert world.one("SELECT attempts_that_day FROM collecting") == 1, "the threshold's own"
    world.at(ISSUED).tick()
    assert world.rows("SELECT CAST(initiator AS text), amount_minor FROM repayment ORDER BY amount_minor") == [
        ("sweep", 30_000), ("threshold", 100_000),
    ]  # fmt: skip


def never_taken(world: World) -> None:
    """An operator knows that the newest charge never reached the gateway."""
    world.now += timedelta(hours=1)
    resolve_charge(world.store, reference(world), gateway_ref=None, at=world.now, policy=world.policy)


def test_a_made_up_sweep_that_never_reached_the_gateway_is_made_anew_as_a_sweep(world, gateway):
    in_doubt_at_the_sweep(world, gateway)
    world.at("2026-10-31 15:05")
    gateway.answers = [Unknown("no answer")]
    world.charge(gateway)
    assert world.attempts("a")[1:] == [("sweep", "unknown", 30_000)]
    never_taken(world)
    world.charge(gateway)
    assert world.attempts("a")[1:] == [("sweep", "not_charged", 30_000), ("sweep", "succeeded", 30_000)]
    world.at(ISSUED).tick()
    assert world.bills("a")[OCT] == ("settled", 130_000, 130_000)


def never_taken_past_a_sweep(world: World, gateway: FakeGateway) -> None:
    """The charge of October's issuance is in doubt over November's sweep, and then known not to have happened."""
    with_card(world, "a")
    world.fee("a", "1")
    world.at(SWEEP).tick()
    world.charge(gateway)
    world.fee("a", "300")
    world.at(ISSUED).tick()
    gateway.answers = [Unknown("no answer")]
    world.charge(gateway)
    assert world.attempts("a")[1:] == [("issuance", "unknown", 30_000)]
    world.fee("a", "40", incurred_at="2026-11-02T03:00:00Z")
    world.at("2026-11-30 15:00").tick()
    never_taken(world)


def test_an_issuance_charge_that_never_happened_leads_to_the_sweep_that_it_prevented(world, gateway):
    never_taken_past_a_sweep(world, gateway)
    assert world.attempts("a")[1:] == [("issuance", "not_charged", 30_000), ("sweep", "waiting", 34_000)]


def test_a_charge_that_turns_out_to_have_been_taken_after_all_leads_to_no_second_sweep(world, gateway):
    never_taken_past_a_sweep(world, gateway)
    world.charge(gateway)
    world.fee("a", "50", incurred_at="2026-11-30T15:05:00Z")
    late = ChargeResponse(world.one("SELECT id FROM account"), 2, Succeeded("pi_late", 20_000))
    with world.store.transaction() as tx:
        book_charges(tx, [late], at=world.now, policy=world.policy)
    assert world.attempts("a")[1:] == [("issuance", "succeeded", 30_000), ("sweep", "succeeded", 34_000)]
