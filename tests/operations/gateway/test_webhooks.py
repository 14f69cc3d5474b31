"""Webhooks: kept once before anything is done, and a reason to look, never a truth. Rule: R5.6."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import datetime

import pytest

from settlement.errors import Refused, Unavailable
from settlement.model.gateway.charges import (
    Authorized,
    Declined,
    NotFound,
    Notification,
    RequiresAction,
    Succeeded,
    Unknown,
)
from settlement.operations.gateway.charges import send_charges
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.gateway.webhooks import (
    RETRY_LOCKED,
    process_notifications,
    store_notification,
)
from settlement.storage.store import Store
from tests.support.collection import with_card
from tests.support.gateways.webhooks_in import Sender, charged, in_doubt, kept, states, tell, work
from tests.support.world import World

SOFT = Declined("insufficient_funds", "no money", final=False)


@pytest.fixture(autouse=True)
def audited(world: World):
    """Whatever comes in, the books add up at the end."""
    yield
    assert world.faults() == 0


@pytest.fixture
def gateway() -> Sender:
    return Sender()


# --------------------------------------------------------------------------------------------- stored first
def test_a_webhook_is_committed_before_anything_is_done_about_it(world, gateway):
    references = in_doubt(world, gateway, "a")
    assert tell(world, gateway, reference=references["a"], ref="g-1", note="kept")
    assert kept(world) == [("e1", "waiting", 0, None)]
    assert gateway.looked_up == []
    assert states(world, "a") == ["unknown"]
    body, received_at = world.rows("SELECT body, received_at FROM gateway_event")[0]
    assert json.loads(body)["note"] == "kept"
    assert received_at == world.now


def test_a_webhook_that_comes_again_is_kept_and_worked_on_once(world, gateway):
    references = in_doubt(world, gateway, "a")
    told = {"reference": references["a"], "ref": "g-1"}
    assert [tell(world, gateway, **told) for _ in range(3)] == [True, False, False]
    assert work(world, gateway) == 1
    assert not tell(world, gateway, **told), "also after it was worked on"
    assert work(world, gateway) == 0
    assert kept(world) == [("e1", "done", 1, None)]
    assert gateway.looked_up == ["g-1"]


def test_the_same_id_at_another_gateway_is_another_webhook(world, gateway):
    other = Sender()
    other.name = "stripe"
    assert tell(world, gateway)
    assert tell(world, other)
    assert len(kept(world)) == 2


@pytest.mark.parametrize("signature", ["", "yours"])
def test_what_is_not_signed_is_refused_and_not_kept(world, gateway, signature):
    with pytest.raises(Refused) as refusal:
        tell(world, gateway, signature=signature)
    assert refusal.value.code == "bad_signature"
    assert kept(world) == []


def test_a_body_that_the_database_cannot_hold_as_text_is_kept_all_the_same(world):
    class Lenient(Sender):
        def notification(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Notification:
            return Notification("e1", "x", None, None)

    assert store_notification(world.store, Lenient(), {}, b"\x00\xff{", at=world.now)
    assert world.one("SELECT body FROM gateway_event") == "\ufffd{"


def test_when_the_database_is_away_nothing_is_kept_and_the_caller_is_told(world, gateway):
    away = Store("postgresql://nobody@127.0.0.1:1/none", connect_timeout_s=2)
    try:
        with pytest.raises(Unavailable):
            store_notification(
                away, gateway, {"signature": "mine"}, b'{"id": "e", "type": "t"}', at=world.now
            )
    finally:
        away.close()


# --------------------------------------------------------------------------------------------- no truth
def test_money_is_booked_by_what_the_gateway_says_when_it_is_read_again(world, gateway):
    references = in_doubt(world, gateway, "a")
    tell(world, gateway, reference=references["a"], ref="g-1", type="charge.failed", amount="1.00")
    work(world, gateway)
    assert gateway.looked_up == ["g-1"]
    assert world.attempts("a") == [("threshold", "succeeded", 100_000)]
    assert world.announced("charge.") == ["charge.succeeded"]


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (SOFT, "declined"), (RequiresAction("g-1", None), "requires_action"), (NotFound(), "unknown"),
        (Authorized("g-1"), "unknown"),
    ],
)  # fmt: skip
def test_a_webhook_that_claims_success_books_nothing_when_the_object_says_otherwise(
    world, gateway, said, state
):
    gateway.answers = [Unknown("no answer")]
    references = charged(world, gateway, "a")
    gateway.says["g-1"] = said
    tell(world, gateway, reference=references["a"], ref="g-1", type="charge.succeeded")
    work(world, gateway)
    assert states(world, "a") == [state]
    assert world.rows("SELECT 1 FROM ledger_transfer WHERE debit = 'gateway_clearing'") == []


def test_a_webhook_without_our_reference_is_told_by_the_gateways_own_id(world, gateway):
    gateway.answers = [RequiresAction("g-1", "https://example.org/confirm")]
    charged(world, gateway, "a")
    gateway.says["g-1"] = Succeeded("g-1", 100_000)
    tell(world, gateway, ref="g-1")
    work(world, gateway)
    assert states(world, "a") == ["succeeded"]


def test_a_webhook_without_an_object_is_read_by_the_object_we_know(world, gateway):
    gateway.answers = [RequiresAction("g-1", None)]
    references = charged(world, gateway, "a")
    gateway.says["g-1"] = Succeeded("g-1", 100_000)
    tell(world, gateway, reference=references["a"])
    work(world, gateway)
    assert gateway.looked_up == ["g-1"]
    assert states(world, "a") == ["succeeded"]


def test_money_taken_after_all_from_a_charge_that_was_declined_is_booked(world, gateway):
    gateway.answers = [SOFT]
    references = charged(world, gateway, "a")
    gateway.says["g-1"] = Succeeded("g-1", 100_000)
    tell(world, gateway, reference=references["a"], ref="g-1")
    work(world, gateway)
    assert states(world, "a") == ["succeeded"]


# --------------------------------------------------------------------------------------------- any order
def test_webhooks_in_any_order_and_any_number_come_to_the_same(world, gateway):
    names = [f"a{number}" for number in range(8)]
    references = in_doubt(world, gateway, *names)
    ref_of = {name: gateway.books[reference].gateway_ref for name, reference in references.items()}
    deliveries = [
        (f"{kind}-{name}", {"reference": references[name], "ref": ref_of[name], "type": kind})
        for name in names
        for kind in ("created", "failed", "succeeded")
    ] * 2
    random.Random(5).shuffle(deliveries)
    for number, (event_id, told) in enumerate(deliveries):
        tell(world, gateway, event_id, **told)
        if number % 7 == 0:
            work(world, gateway, limit=3)
    while work(world, gateway, limit=3):
        pass
    assert states(world, *names) == ["succeeded"] * 8
    assert world.one("SELECT count(*) FROM ledger_transfer WHERE debit = 'gateway_clearing'") == 8
    assert world.announced("charge.") == ["charge.succeeded"] * 8
    assert {state for _, state, _, _ in kept(world)} == {"done"}


def test_a_late_webhook_about_a_charge_that_ended_changes_nothing_and_asks_nobody(world, gateway):
    references = charged(world, gateway, "a")
    before = world.image(), world.attempts("a")
    gateway.says["g-1"] = SOFT
    tell(world, gateway, reference=references["a"], ref="g-1", type="charge.failed")
    work(world, gateway)
    assert (world.image(), world.attempts("a")) == before
    assert gateway.looked_up == []
    assert kept(world) == [("e1", "done", 1, None)]


def test_an_old_decline_of_an_attempt_does_not_touch_the_next_one(world, gateway):
    gateway.answers = [SOFT]
    references = charged(world, gateway, "a")
    world.at("2026-10-12 00:00").tick()
    gateway.says["g-0"] = SOFT
    tell(world, gateway, reference=references["a"], ref="g-0")
    work(world, gateway)
    assert world.attempts("a") == [("threshold", "declined", 100_000), ("retry", "waiting", 100_000)]
    assert world.announced("charge.") == ["charge.declined"]


def test_several_webhooks_about_one_object_read_it_once(world, gateway):
    references = in_doubt(world, gateway, "a")
    for number in range(5):
        tell(world, gateway, f"e{number}", reference=references["a"], ref="g-1")
    assert work(world, gateway) == 5
    assert gateway.looked_up == ["g-1"]


# --------------------------------------------------------------------------------------------- not ours
@pytest.mark.parametrize(
    "told",
    [
        {"reference": "7d3f1c0e-0000-4000-8000-000000000000", "ref": "g-77"}, {"ref": "g-77"},
        {"reference": "not even a uuid", "ref": "g-77"}, {},
    ],
)  # fmt: skip
def test_what_is_about_no_charge_of_ours_is_kept_with_a_note_and_asks_nobody(world, gateway, told):
    tell(world, gateway, **told)
    assert work(world, gateway) == 1
    assert kept(world) == [("e1", "ignored", 1, "not about a charge of ours")]
    assert gateway.looked_up == []
    assert world.one("SELECT finished_at FROM gateway_event") == world.now


def test_our_reference_at_another_gateway_is_not_ours(world, gateway):
    references = in_doubt(world, gateway, "a")
    other = Sender()
    other.name = "stripe"
    tell(world, other, reference=references["a"], ref="g-1")
    work(world, other)
    assert kept(world)[0][1:] == ("ignored", 1, "not about a charge of ours")
    assert states(world, "a") == ["unknown"]


def test_a_gateway_that_is_set_up_no_more_is_said_so_and_holds_up_nobody(world, gateway):
    references = in_doubt(world, gateway, "a")
    gone = Sender()
    gone.name = "stripe"
    tell(world, gone, "e0", ref="g-9")
    tell(world, gateway, reference=references["a"], ref="g-1")
    assert work(world, gateway) == 2
    assert kept(world) == [("e0", "ignored", 1, "the gateway is not set up"), ("e1", "done", 1, None)]
    assert states(world, "a") == ["succeeded"]


# --------------------------------------------------------------------------------------------- pace
def test_reads_beyond_the_pace_leave_charges_waiting_and_fail_nothing(world, gateway):
    references = in_doubt(world, gateway, "a")
    for number in range(5):
        tell(world, gateway, f"e{number}", reference=references["a"], ref="g-1")
    slow = CallLimits(default_per_s=0.01)
    gateways = {gateway.name: gateway}
    assert (
        process_notifications(
            world.store, gateways, at=world.now, policy=world.policy, limit=100, limits=slow
        )
        == 5
    )
    world.open("b")
    world.send(
        "payment_method_added", "b", method="v", kind="bank_card", gateway="sandbox", method_token="ok"
    )
    world.fee("b", "1000")
    called = send_charges(world.store, gateways, clock=lambda: world.now, policy=world.policy, limits=slow)
    assert (called.calls, called.is_rate_limited) == (0, True)
    assert states(world, "b") == ["waiting"]


# --------------------------------------------------------------------------------------------- forged
def test_a_webhook_that_names_somebody_elses_object_books_nothing(world, gateway):
    """The word of a webhook for whose object it is counts for nothing: the object says so itself."""
    references = charged(world, gateway, "rich")
    with_card(world, "poor")
    world.fee("poor", "1000")
    gateway.answers = [Unknown("no answer")]
    send_charges(world.store, {"sandbox": gateway}, clock=lambda: world.now, policy=world.policy)
    reference = world.one(
        "SELECT CAST(reference AS text) FROM charge_attempt JOIN account a ON a.id = account_id "
        "WHERE external_id = 'poor'"
    )
    assert reference != references["rich"]
    gateway.books["of somebody else"] = Succeeded("g-other", 100_000)
    tell(world, gateway, "e1", reference=reference, ref="g-1")
    tell(world, gateway, "e2", reference=reference, ref="g-other")
    while work(world, gateway):
        pass
    assert states(world, "rich", "poor") == ["succeeded", "unknown"]
    assert world.cash("poor") == 0


def test_an_object_is_booked_once_whoever_says_that_it_is_whose(world, gateway):
    """Even of a gateway that shows one object under two references."""
    charged(world, gateway, "rich")
    with_card(world, "poor", "third")
    for name in ("poor", "third"):
        world.fee(name, "1000")
    gateway.answers = [Succeeded("g-1", 100_000)]
    world.charge(gateway)
    assert states(world, "rich") == ["succeeded"]
    assert sorted(states(world, "poor", "third")) == ["succeeded", "unknown"]
    assert world.one("SELECT count(*) FROM charge_attempt WHERE gateway_ref = 'g-1'") == 1


def test_an_account_that_somebody_has_locked_is_read_again_soon_and_keeps_no_other_waiting(world, gateway):
    references = in_doubt(world, gateway, "a", "b")
    for number, name in enumerate(("a", "b"), start=1):
        tell(world, gateway, f"e{number}", reference=references[name], ref=f"g-{number}")
    with world.store.transaction() as somebody:
        somebody.exec_driver_sql("SELECT 1 FROM account WHERE external_id = 'a' FOR NO KEY UPDATE")
        assert work(world, gateway) == 2
    assert states(world, "a", "b") == ["unknown", "succeeded"]
    assert {row[1] for row in kept(world)} == {"waiting"}
    assert work(world, gateway) == 0
    world.now += RETRY_LOCKED
    assert work(world, gateway) == 2
    assert states(world, "a", "b") == ["succeeded", "succeeded"]
    assert [row[1:] for row in kept(world)] == [("done", 2, None)] * 2
    assert gateway.looked_up.count("g-2") == 1, "what is booked is not read again"
