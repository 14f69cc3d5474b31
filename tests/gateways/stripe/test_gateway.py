"""Stripe's own library against the stand-in: every answer becomes the right outcome. Rule: R5.5."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from settlement.errors import Misconfigured, Refused
from settlement.gateways.stripe.amounts import from_stripe, to_stripe
from settlement.gateways.stripe.gateway import StripeGateway
from settlement.model.gateway.charges import (
    AmountRefused,
    Authorized,
    Declined,
    GatewayRequest,
    NotFound,
    RequiresAction,
    Succeeded,
    TryLater,
    Unknown,
)
from tests.support.gateways.gatewaysim import GatewaySim
from tests.support.running.receiver import Receiver

SECRET = "whsec_sim"
NOW = datetime(2026, 10, 5, tzinfo=UTC)


@pytest.fixture
def stripe(sim: GatewaySim) -> StripeGateway:
    return StripeGateway("sk_test_sim", url=sim.url, webhook_secrets=("whsec_old", SECRET), timeout_s=2)


def asking(token: str = "pm_card_visa", amount: int = 1234, currency: str = "USD", **more) -> GatewayRequest:
    plain = GatewayRequest(str(uuid4()), "acc", "cus_1", token, amount, currency, datetime.now(UTC))
    return plain._replace(**more)


def test_the_same_request_twice_is_one_charge(sim, stripe):
    request = asking()
    first, again = stripe.charge(request), stripe.charge(request)
    assert isinstance(first, Succeeded)
    assert first == again
    assert first.amount_minor == 1234
    assert sim.ledger()["by_reference"] == {request.reference: 1234}


def test_the_same_key_with_another_amount_charges_nothing_and_says_nothing_of_the_first(sim, stripe):
    request = asking()
    stripe.charge(request)
    assert isinstance(stripe.charge(request._replace(amount_minor=99)), Unknown)
    assert sim.ledger()["by_reference"] == {request.reference: 1234}


@pytest.mark.parametrize(
    ("token", "code", "hard"),
    [
        ("pm_card_chargeDeclined", "generic_decline", False),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds", False),
        ("pm_card_chargeDeclinedStolenCard", "stolen_card", True),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", True),
        ("pm_nothing", "resource_missing", True),
    ],
)
def test_declines_are_soft_or_hard(sim, stripe, token, code, hard):
    outcome = stripe.charge(asking(token))
    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.final) == (code, hard)
    assert sim.ledger()["charges"] == []


def test_a_payer_who_has_to_confirm(sim, stripe):
    request = asking("pm_card_authenticationRequired")
    waiting = stripe.charge(request)
    assert isinstance(waiting, RequiresAction)
    assert stripe.read(waiting.gateway_ref, request.reference) == waiting
    sim.control(f"payment_intents/{waiting.gateway_ref}/authenticate")
    assert stripe.read(waiting.gateway_ref, request.reference) == Succeeded(waiting.gateway_ref, 1234)


def test_a_payer_who_does_not_confirm_is_voided(sim, stripe):
    request = asking("pm_card_authenticationRequired")
    waiting = stripe.charge(request)
    assert isinstance(waiting, RequiresAction)
    assert stripe.void(request, waiting.gateway_ref)
    assert isinstance(stripe.read(waiting.gateway_ref, request.reference), Declined)


@pytest.mark.parametrize("fault", ["lost_after", "error_after", "timeout"])
def test_a_charge_whose_answer_is_lost_is_found(sim, stripe, fault):
    sim.control("faults", queue=[fault], timeout_s=3)
    request = asking()
    assert isinstance(stripe.charge(request), Unknown)
    assert isinstance(stripe.find(request), Succeeded)
    assert sim.ledger()["by_reference"] == {request.reference: 1234}


def test_a_lost_answer_is_told_again_for_the_same_key(sim, stripe):
    sim.control("faults", queue=["lost_after"])
    request = asking()
    assert isinstance(stripe.charge(request), Unknown)
    assert isinstance(stripe.charge(request), Succeeded)
    assert sim.ledger()["charged_twice"] == []


def test_an_error_that_was_saved_stays_one_until_the_gateway_is_searched(sim, stripe):
    sim.control("faults", queue=["error_before"])
    request = asking()
    assert isinstance(stripe.charge(request), Unknown)
    assert isinstance(stripe.charge(request), Unknown)
    assert stripe.find(request) == NotFound()


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("lost_before", Unknown), ("rate_limited", TryLater), ("in_progress", Unknown), ("slow", Succeeded)],
)
def test_every_other_fault_says_whether_something_was_taken(sim, stripe, fault, outcome):
    sim.control("faults", queue=[fault])
    assert isinstance(stripe.charge(asking()), outcome)


def test_a_key_is_forgotten_after_a_day(sim, stripe):
    request = asking()
    stripe.charge(request)
    sim.control("clock", advance_s=86_401)
    stripe.charge(request)
    assert sim.ledger()["charged_twice"] == [request.reference], (
        "which is why nobody asks so late with the key"
    )
    assert stripe.key_lives_for < timedelta(hours=24)


def test_a_hold_takes_nothing_and_is_let_go(sim, stripe):
    request = asking(amount=100)
    held = stripe.authorize(request)
    assert isinstance(held, Authorized)
    assert stripe.find(request) == held
    assert stripe.void(request, held.gateway_ref)
    assert stripe.void(request, held.gateway_ref)
    assert sim.ledger()["charges"] == []


def test_the_books_of_a_day_with_every_charge_once(sim, stripe):
    made = [asking(), asking(amount=500, currency="JPY"), asking(amount=12_340, currency="KWD")]
    for request in made:
        stripe.charge(request)
    stripe.charge(asking("pm_card_chargeDeclined"))
    now = datetime.now(UTC)
    books = list(stripe.charges_between(now - timedelta(hours=1), now + timedelta(hours=1)))
    assert {(entry.reference, entry.amount_minor, entry.currency) for entry in books} == {
        (request.reference, request.amount_minor, request.currency) for request in made
    }
    assert list(stripe.charges_between(now - timedelta(days=9), now - timedelta(days=8))) == []


def test_a_wrong_key_is_nobodys_decline(sim):
    with pytest.raises(Misconfigured):
        StripeGateway("", url=sim.url).charge(asking())


@pytest.mark.parametrize(
    ("minor", "currency", "theirs"),
    [(1234, "USD", 1234), (500, "JPY", 500), (12_340, "KWD", 12_340), (7, "UGX", 700)],
)
def test_amounts_as_stripe_counts_them(minor, currency, theirs):
    assert to_stripe(minor, currency) == theirs
    assert from_stripe(theirs, currency) == minor


def test_an_amount_that_stripe_cannot_say_is_never_sent_and_no_decline(sim, stripe):
    calls = sim.show()["calls"]
    assert isinstance(stripe.charge(asking(amount=12_341, currency="KWD")), AmountRefused)
    assert sim.show()["calls"] == calls


# ---------------------------------------------------------------------------------------------- webhooks
EVENT = {
    "id": "evt_1", "object": "event", "type": "payment_intent.succeeded",
    "data": {"object": {"id": "pi_1", "object": "payment_intent", "metadata": {"settle_reference": "ref-1"}}},
}  # fmt: skip


def signed(body: bytes, *, secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    stamp = int(at.timestamp())
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={stamp},v1={mac}"}


def test_a_signed_webhook_is_a_hint(stripe):
    body = json.dumps(EVENT).encode()
    hint = stripe.notification(signed(body), body, at=NOW + timedelta(minutes=4))
    assert (hint.event_id, hint.type, hint.reference, hint.gateway_ref) == (
        "evt_1", "payment_intent.succeeded", "ref-1", "pi_1",
    )  # fmt: skip
    assert stripe.notification(signed(body, secret="whsec_old"), body, at=NOW).event_id == "evt_1"


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        ({}, b"{}", "bad_signature"),
        (signed(b"{}", secret="whsec_other"), b"{}", "bad_signature"),
        (signed(b"{}"), b"{ }", "bad_signature"),
        (signed(b"{}", at=NOW - timedelta(minutes=6)), b"{}", "stale_signature"),
        (signed(b"[]"), b"[]", "bad_shape"),
        (signed(b"no"), b"no", "bad_shape"),
    ],
)
def test_what_is_not_signed_now_by_stripe_is_not_believed(stripe, headers, body, code):
    with pytest.raises(Refused) as refusal:
        stripe.notification(headers, body, at=NOW)
    assert refusal.value.code == code


def test_the_stand_in_sends_webhooks_that_the_library_accepts(sim, stripe):
    with Receiver() as receiver:
        sim.control("webhooks", stripe={"url": receiver.url, "secret": SECRET, "duplicates": 1})
        request = asking()
        stripe.charge(request)
        got = receiver.wait_for(2)
    hints = [stripe.notification(headers, body, at=datetime.now(UTC)) for headers, body in got]
    assert [hint.reference for hint in hints] == [request.reference] * 2
    assert len({hint.event_id for hint in hints}) == 1
