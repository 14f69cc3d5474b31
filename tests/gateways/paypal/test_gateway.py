"""PayPal's own library against the stand-in. Rule: R5.5."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from urllib.request import urlopen
from uuid import uuid4

import pytest

from sandbox.gatewaysim.faults import KINDS
from settlement.errors import Refused
from settlement.gateways.paypal.gateway import PayPalGateway
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
from tests.support.gateways.gatewaysim_calls import Calls
from tests.support.running.receiver import Receiver


@pytest.fixture
def paypal(sim: GatewaySim) -> PayPalGateway:
    return PayPalGateway("client_sim", "secret_sim", url=sim.url, webhook_id="WH-SIM", timeout_s=2)


def asking(token: str = "vault_ok", amount: int = 1234, currency: str = "USD") -> GatewayRequest:
    return GatewayRequest(str(uuid4()), "acc", "", token, amount, currency, datetime.now(UTC))


def test_the_same_request_twice_is_one_charge(sim, paypal):
    request = asking()
    first = paypal.charge(request)
    assert first == paypal.charge(request)
    assert isinstance(first, Succeeded)
    assert first.amount_minor == 1234
    assert sim.ledger()["by_reference"] == {request.reference: 1234}


def test_the_invoice_id_is_a_second_guard_when_the_request_id_is_forgotten(sim, paypal):
    request = asking()
    paypal.charge(request)
    sim.control("clock", advance_s=6 * 3600 + 1)
    assert isinstance(paypal.charge(request), Unknown)
    assert sim.ledger()["charged_twice"] == []
    assert paypal.key_lives_for < timedelta(hours=6)


@pytest.mark.parametrize(
    ("token", "code", "hard"),
    [("vault_declined", "INSTRUMENT_DECLINED", False), ("nothing", "unknown_method", True)],
)
def test_declines(sim, paypal, token, code, hard):
    outcome = paypal.charge(asking(token))
    assert sim.ledger()["charges"] == []
    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.final) == (code, hard)


def test_a_payer_who_has_to_approve(paypal):
    request = asking("vault_action")
    waiting = paypal.charge(request)
    assert isinstance(waiting, RequiresAction)
    assert waiting.url is not None
    assert paypal.read(waiting.gateway_ref, request.reference) == waiting


@pytest.mark.parametrize("fault", ["lost_after", "error_after", "timeout"])
def test_a_charge_whose_answer_is_lost_is_told_again_and_found(sim, paypal, fault):
    sim.control("faults", queue=[fault], timeout_s=3)
    request = asking()
    assert isinstance(paypal.charge(request), Unknown)
    assert isinstance(paypal.charge(request), Succeeded)
    assert isinstance(paypal.find(request), Succeeded)
    assert sim.ledger()["by_reference"] == {request.reference: 1234}


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("lost_before", Unknown), ("rate_limited", TryLater), ("in_progress", Unknown), ("error_before", Unknown),
        ("slow", Succeeded),
    ],
)  # fmt: skip
def test_every_other_fault_says_whether_something_was_taken(sim, paypal, fault, outcome):
    sim.control("faults", queue=[fault])
    assert isinstance(paypal.charge(asking()), outcome)


def test_the_search_lags(sim, paypal):
    request = asking()
    paypal.charge(request)
    sim.control("clock", search_lag_s=3600)
    assert paypal.find(request) == NotFound()
    sim.control("clock", search_lag_s=0)
    assert isinstance(paypal.find(request), Succeeded)
    assert paypal.search_lags_by >= timedelta(hours=3)


def test_a_hold_takes_nothing_and_is_let_go(sim, paypal):
    request = asking(amount=100)
    held = paypal.authorize(request)
    assert isinstance(held, Authorized)
    assert paypal.read(held.gateway_ref, request.reference) == held
    assert paypal.void(request, held.gateway_ref)
    assert paypal.void(request, held.gateway_ref), "what is gone is gone"
    assert isinstance(paypal.read(held.gateway_ref, request.reference), Declined)
    assert sim.ledger()["charges"] == []


@pytest.mark.parametrize("fault", ["lost_after", "error_after"])
def test_a_hold_whose_answer_is_lost_is_found_when_the_request_id_is_forgotten(sim, paypal, fault):
    sim.control("faults", queue=[fault])
    request = asking(amount=100)
    assert isinstance(paypal.authorize(request), Unknown)
    sim.control("clock", advance_s=9 * 3600)
    held = paypal.find(request)
    assert isinstance(held, Authorized)
    assert paypal.void(request, held.gateway_ref)
    assert isinstance(paypal.find(request), Declined)


def approve(sim, waiting: RequiresAction) -> None:
    assert waiting.url is not None
    with urlopen(waiting.url, b"", timeout=5) as answer:
        assert answer.status == 200


def test_what_its_payer_has_approved_is_taken_once_and_not_by_reading_it(sim, paypal):
    request = asking("vault_action")
    waiting = paypal.charge(request)
    assert isinstance(waiting, RequiresAction)
    approve(sim, waiting)
    assert isinstance(paypal.read(waiting.gateway_ref, request.reference), RequiresAction)
    assert sim.ledger()["charges"] == []
    taken = paypal.capture_confirmed(waiting.gateway_ref, request.reference)
    assert isinstance(taken, Succeeded)
    assert taken.amount_minor == 1234
    assert paypal.capture_confirmed(waiting.gateway_ref, request.reference) == taken
    assert paypal.read(waiting.gateway_ref, request.reference) == taken
    assert sim.ledger()["by_reference"] == {request.reference: 1234}
    assert sim.ledger()["charged_twice"] == []


@pytest.mark.parametrize("fault", [kind for kind in KINDS if kind != "timeout"])
def test_no_fault_takes_what_was_approved_twice_or_for_a_decline(sim, paypal, fault):
    request = asking("vault_action")
    waiting = paypal.charge(request)
    assert isinstance(waiting, RequiresAction)
    approve(sim, waiting)
    sim.control("faults", queue=[fault])
    first, then = (paypal.capture_confirmed(waiting.gateway_ref, request.reference) for _ in range(2))
    assert isinstance(first, (Succeeded, Unknown, TryLater))
    assert isinstance(then, Succeeded)
    assert len(sim.ledger()["charges"]) == 1


def test_payments_that_others_made_are_in_the_books_without_a_reference_of_ours(sim, paypal):
    request = asking()
    paypal.charge(request)
    with Calls(sim) as calls:
        assert calls.order(reference="INV-2026-0001").status_code == 201
    now = datetime.now(UTC)
    books = list(paypal.charges_between(now - timedelta(hours=1), now + timedelta(hours=1)))
    assert [entry.reference for entry in books] == [request.reference, None]


def test_the_books_of_a_day(sim, paypal):
    made = [asking(), asking(amount=500, currency="JPY")]
    taken = [paypal.charge(request) for request in made]
    now = datetime.now(UTC)
    books = list(paypal.charges_between(now - timedelta(days=40), now + timedelta(hours=1)))
    assert [(entry.reference, entry.amount_minor, entry.currency) for entry in books] == [
        (request.reference, request.amount_minor, request.currency) for request in made
    ]
    assert [paypal.read(entry.gateway_ref, str(entry.reference)) for entry in books] == taken


def test_whole_units_only_where_paypal_takes_no_others(sim, paypal):
    assert isinstance(paypal.charge(asking(amount=150, currency="HUF")), AmountRefused)
    assert sim.ledger()["charges"] == []
    assert isinstance(paypal.charge(asking(amount=100, currency="HUF")), Succeeded)


def test_the_same_request_id_with_another_amount_says_nothing_of_the_first(sim, paypal):
    request = asking()
    paypal.charge(request)
    assert isinstance(paypal.charge(request._replace(amount_minor=1235)), Unknown)
    assert sim.ledger()["by_reference"] == {request.reference: 1234}


def test_webhooks_are_believed_when_signed_now_for_our_webhook(sim, paypal):
    with Receiver() as receiver:
        sim.control("webhooks", paypal={"url": receiver.url, "secret": "WH-SIM"})
        request = asking()
        taken = paypal.charge(request)
        ((headers, body),) = receiver.wait_for(1)
    now = datetime.now(UTC)
    hint = paypal.notification(headers, body, at=now)
    assert isinstance(taken, Succeeded)
    assert (hint.type, hint.reference, hint.gateway_ref) == (
        "PAYMENT.CAPTURE.COMPLETED", request.reference, taken.gateway_ref,
    )  # fmt: skip
    for wrong, code in (
        ((headers, body + b" ", now), "bad_signature"),
        ((headers | {"paypal-cert-url": "https://example.org/cert.pem"}, body, now), "bad_signature"),
        ((headers | {"paypal-transmission-sig": "no"}, body, now), "bad_signature"),
        (({}, body, now), "bad_signature"),
        ((headers, body, now + timedelta(minutes=6)), "stale_signature"),
    ):
        with pytest.raises(Refused) as refusal:
            paypal.notification(wrong[0], wrong[1], at=wrong[2])
        assert refusal.value.code == code


def test_many_threads_keep_their_connections(sim, paypal, caplog):
    """The library keeps ten, and warns of each that it throws away."""
    together = Barrier(30)

    def ask(_: int) -> object:
        together.wait(30)
        return paypal.read("none", str(uuid4()))

    with ThreadPoolExecutor(30) as threads:
        found = list(threads.map(ask, range(30)))
    assert {type(one) for one in found} == {Unknown}, "each was answered: nobody knows it"
    assert "pool is full" not in caplog.text
