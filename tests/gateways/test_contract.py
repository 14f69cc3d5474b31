"""Both providers' own libraries keep the contract against the stand-in, whatever goes wrong on the way. Rule: R5.5."""

from __future__ import annotations

import pytest

from sandbox.gatewaysim.faults import KINDS, FaultKind
from settlement.gateways.paypal.gateway import PayPalGateway
from settlement.gateways.port import Gateway
from settlement.gateways.stripe.gateway import StripeGateway
from settlement.model.gateway.charges import NotFound, Succeeded, TryLater, Unknown
from settlement.model.gateway.refund_calls import GivenBackAlready, Refunded, RefundFailed, RefundPending
from tests.support.gateways.contract import BookkeepingContract, Subject
from tests.support.gateways.gatewaysim import GatewaySim

# Longer than an answer that is to arrive takes here, shorter than one that is not.
TIMEOUT_S, TOO_LATE_S = 1.0, 1.5


def stripe_subject(sim: GatewaySim) -> Subject:
    return Subject(
        StripeGateway("sk_test_sim", url=sim.url, webhook_secrets=("whsec_sim",), timeout_s=TIMEOUT_S),
        ok="pm_card_visa", declined="pm_card_chargeDeclinedInsufficientFunds",
        hard="pm_card_chargeDeclinedStolenCard", action="pm_card_authenticationRequired", customer="cus_1",
        slow_refund="pm_card_pendingRefund",
    )  # fmt: skip


def paypal_subject(sim: GatewaySim) -> Subject:
    sim.control("tokens", vault_closed=["declined:PAYER_ACCOUNT_LOCKED_OR_CLOSED"])
    return Subject(
        PayPalGateway("client_sim", "secret_sim", url=sim.url, webhook_id="WH-SIM", timeout_s=TIMEOUT_S),
        ok="vault_ok", declined="vault_declined", hard="vault_closed", action="vault_action",
        slow_refund="vault_pendingrefund", no_refund="vault_norefund", unknown_charge="capture:nobody",
    )  # fmt: skip


class TestStripe(BookkeepingContract):
    """Stripe's library."""

    @pytest.fixture
    def subject(self, sim: GatewaySim) -> Subject:
        return stripe_subject(sim)


class TestPayPal(BookkeepingContract):
    """PayPal's library."""

    @pytest.fixture
    def subject(self, sim: GatewaySim) -> Subject:
        return paypal_subject(sim)


# --------------------------------------------------------------------------------------------- faults
TAKEN_UNHEARD: frozenset[FaultKind] = frozenset(("lost_after", "error_after", "timeout"))
MADE = {"stripe": stripe_subject, "paypal": paypal_subject}


@pytest.fixture(params=list(MADE))
def subject(request: pytest.FixtureRequest, sim: GatewaySim) -> Subject:
    return MADE[request.param](sim)


@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_of_any_kind_is_taken_for_a_decline_or_makes_two_charges_of_one(sim, subject, kind):
    sim.control("faults", queue=[kind], timeout_s=TOO_LATE_S)
    request = subject.asking(subject.ok)
    outcome = subject.gateway.charge(request)
    assert sim.show()["faults"]["made"] == {kind: 1}
    taken = sim.ledger()["by_reference"]
    if kind == "slow":
        assert isinstance(outcome, Succeeded)
    elif kind == "rate_limited":
        assert isinstance(outcome, TryLater)
    else:
        assert isinstance(outcome, Unknown)
    assert taken == ({request.reference: 1234} if kind in TAKEN_UNHEARD | {"slow"} else {})

    found = subject.gateway.find(request)
    assert isinstance(found, Succeeded) if taken else found == NotFound()
    again = subject.gateway.charge(request)
    assert isinstance(again, (Succeeded, Unknown))
    assert set(sim.ledger()["by_reference"].values()) <= {1234}
    assert sim.ledger()["charged_twice"] == []


# A late answer is a lost one to whoever waits, and costs the test the waiting.
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "timeout"])
def test_a_hold_goes_through_the_same_faults_and_takes_nothing(sim, subject, kind):
    sim.control("faults", queue=[kind])
    request = subject.asking(subject.ok, 100)
    outcomes = [subject.gateway.authorize(request) for _ in range(2)]
    assert sim.show()["faults"]["made"] == {kind: 1}
    assert not any(isinstance(outcome, (Succeeded, NotFound)) for outcome in outcomes)
    assert sim.ledger()["charges"] == []


@pytest.mark.parametrize("method", ["charge", "authorize", "find"])
def test_a_gateway_that_does_not_listen_leaves_everything_open(method):
    nobody = "http://127.0.0.1:1"
    adapters: list[Gateway] = [
        StripeGateway("sk_test_sim", url=nobody, timeout_s=TIMEOUT_S),
        PayPalGateway("client_sim", "secret_sim", url=nobody, timeout_s=TIMEOUT_S),
    ]
    for gateway in adapters:
        request = Subject(gateway, ok="pm_card_visa").asking("pm_card_visa")
        outcome = getattr(gateway, method)(request)
        assert isinstance(outcome, (Unknown, TryLater)), (gateway.name, outcome)
        assert isinstance(gateway.read("pi_1", request.reference), (Unknown, TryLater))
        assert gateway.void(request, "auth:1") is False


# --------------------------------------------------------------------------------------------- refunds
@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_of_any_kind_gives_back_twice_or_is_taken_for_a_failure(sim, subject, kind):
    taken = subject.gateway.charge(subject.asking(subject.ok))
    request = subject.giving_back(taken, 500)
    sim.control("faults", queue=[kind], timeout_s=TOO_LATE_S)
    outcome = subject.gateway.refund(request)
    given = sim.ledger()["refunded_by_reference"]
    if kind == "slow":
        assert isinstance(outcome, Refunded)
    elif kind == "rate_limited":
        assert isinstance(outcome, TryLater)
    else:
        assert isinstance(outcome, Unknown)
    assert given == ({request.reference: 500} if kind in TAKEN_UNHEARD | {"slow"} else {})

    found = subject.gateway.find_refund(request)
    assert isinstance(found, Refunded) if given else found == NotFound()
    again = subject.gateway.refund(request)
    assert isinstance(again, (Refunded, Unknown))
    assert set(sim.ledger()["refunded_by_reference"].values()) <= {500}
    assert sim.ledger()["refunded_twice"] == []


def test_a_refund_whose_key_is_forgotten_is_found_and_no_failure_although_nothing_is_left(sim, subject):
    taken = subject.gateway.charge(subject.asking(subject.ok))
    request = subject.giving_back(taken, 1234)
    sim.control("faults", queue=["lost_after"])
    assert isinstance(subject.gateway.refund(request), Unknown)
    sim.control("clock", advance_s=46 * 86_400)
    again = subject.gateway.refund(request)
    assert isinstance(again, Refunded)
    assert again == subject.gateway.find_refund(request)
    assert sim.ledger()["refunded_by_reference"] == {request.reference: 1234}


def test_the_same_key_with_another_amount_gives_nothing_back_and_says_nothing_of_the_first(sim, subject):
    taken = subject.gateway.charge(subject.asking(subject.ok))
    request = subject.giving_back(taken, 500)
    subject.gateway.refund(request)
    assert isinstance(subject.gateway.refund(request._replace(amount_minor=501)), Unknown)
    assert sim.ledger()["refunded_by_reference"] == {request.reference: 500}


@pytest.mark.parametrize("how", ["succeed", "fail"])
def test_what_becomes_of_a_refund_later_is_read_and_found(sim, subject, how):
    taken = subject.gateway.charge(subject.asking(subject.slow_refund))
    request = subject.giving_back(taken, 500)
    under_way = subject.gateway.refund(request)
    assert isinstance(under_way, RefundPending)
    assert subject.gateway.read_refund(under_way.gateway_ref) == under_way
    sim.control(f"refunds/{under_way.gateway_ref.removeprefix('refund:')}/{how}")
    for outcome in (subject.gateway.read_refund(under_way.gateway_ref), subject.gateway.find_refund(request)):
        if how == "succeed":
            assert outcome == Refunded(under_way.gateway_ref, 500)
        else:
            assert isinstance(outcome, RefundFailed)
            assert outcome.code


def test_a_refund_that_was_made_may_fail_later(sim, subject):
    taken = subject.gateway.charge(subject.asking(subject.ok))
    given = subject.gateway.refund(subject.giving_back(taken, 500))
    assert isinstance(given, Refunded)
    sim.control(f"refunds/{given.gateway_ref.removeprefix('refund:')}/fail")
    assert isinstance(subject.gateway.read_refund(given.gateway_ref), RefundFailed)
    assert isinstance(subject.gateway.refund(subject.giving_back(taken, 1234)), Refunded)


def test_what_is_left_of_no_charge_is_told_apart_from_a_refund_that_fails(subject):
    """Whoever gave it back, the customer may have it: such a refund is an operator's and does not become cash."""
    taken = subject.gateway.charge(subject.asking(subject.ok))
    assert isinstance(subject.gateway.refund(subject.giving_back(taken, 1000)), Refunded)
    for amount in (500, 235):
        assert isinstance(subject.gateway.refund(subject.giving_back(taken, amount)), GivenBackAlready)
    assert isinstance(subject.gateway.refund(subject.giving_back(taken, 234)), Refunded)
    outcome = subject.gateway.refund(subject.giving_back(taken, 1))
    assert isinstance(outcome, GivenBackAlready)
    assert outcome.code


@pytest.mark.parametrize("method", ["refund", "find_refund"])
def test_a_gateway_that_does_not_listen_leaves_a_refund_open(method):
    nobody = "http://127.0.0.1:1"
    adapters: list[Gateway] = [
        StripeGateway("sk_test_sim", url=nobody, timeout_s=TIMEOUT_S),
        PayPalGateway("client_sim", "secret_sim", url=nobody, timeout_s=TIMEOUT_S),
    ]
    for gateway in adapters:
        request = Subject(gateway, ok="").giving_back(Succeeded("pi_1", 1234), 500)
        assert isinstance(getattr(gateway, method)(request), (Unknown, TryLater)), gateway.name
        assert isinstance(gateway.read_refund("re_1"), (Unknown, TryLater))
