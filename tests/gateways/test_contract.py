"""Both providers' own libraries keep the contract against the stand-in, whatever goes wrong on the way. Rule: R5.5."""

from __future__ import annotations

import pytest

from settlement.gateways.paypal import PayPalGateway
from settlement.gateways.port import Gateway
from settlement.gateways.stripe import StripeGateway
from settlement.model.charge import NotFound, Succeeded, TryLater, Unknown
from tests.support.gateway_contract import BookkeepingContract, Subject
from tests.support.gatewaysim import GatewaySim
from worker.gatewaysim.faults import KINDS, FaultKind

# Longer than an answer that is to arrive takes here, shorter than one that is not.
TIMEOUT_S, TOO_LATE_S = 1.0, 1.5


def stripe_subject(sim: GatewaySim) -> Subject:
    return Subject(
        StripeGateway("sk_test_sim", url=sim.url, webhook_secrets=("whsec_sim",), timeout_s=TIMEOUT_S),
        ok="pm_card_visa", declined="pm_card_chargeDeclinedInsufficientFunds",
        hard="pm_card_chargeDeclinedStolenCard", action="pm_card_authenticationRequired", customer="cus_1",
    )  # fmt: skip


def paypal_subject(sim: GatewaySim) -> Subject:
    sim.control("tokens", vault_closed=["declined:PAYER_ACCOUNT_LOCKED_OR_CLOSED"])
    return Subject(
        PayPalGateway("client_sim", "secret_sim", url=sim.url, webhook_id="WH-SIM", timeout_s=TIMEOUT_S),
        ok="vault_ok", declined="vault_declined", hard="vault_closed", action="vault_action",
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
        assert isinstance(gateway.read("pi_1"), (Unknown, TryLater))
        assert gateway.void(request, "auth:1") is False
