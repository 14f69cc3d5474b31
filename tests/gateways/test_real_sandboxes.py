"""The same contract on the providers' own sandboxes. Rule: R5.5.

Runs where keys are in the environment, and reaches over the network then. No money moves: Stripe's key has to be one of
its test mode, and PayPal's address is that of its sandbox. To run it:

    STRIPE_SANDBOX_KEY=sk_test_...              of a test mode or sandbox account
    PAYPAL_SANDBOX_CLIENT_ID=...                of an app at developer.paypal.com
    PAYPAL_SANDBOX_SECRET=...
    PAYPAL_SANDBOX_VAULT_ID=...                 of a PayPal account that was vaulted there beforehand
"""

from __future__ import annotations

import os

import pytest

from settlement.gateways.paypal.gateway import PayPalGateway
from settlement.gateways.stripe.gateway import StripeGateway
from tests.support.gateways.contract import BookkeepingContract, Subject

STRIPE = ("STRIPE_SANDBOX_KEY",)
PAYPAL = ("PAYPAL_SANDBOX_CLIENT_ID", "PAYPAL_SANDBOX_SECRET", "PAYPAL_SANDBOX_VAULT_ID")
OF_TEST_MODE = ("sk_test_", "rk_test_")


def missing(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if not os.environ.get(name)]


def stripe_subject() -> Subject:
    key = os.environ[STRIPE[0]]
    assert key.startswith(OF_TEST_MODE), f"{STRIPE[0]} is no key of Stripe's test mode"
    return Subject(
        StripeGateway(key), ok="pm_card_visa", declined="pm_card_chargeDeclinedInsufficientFunds",
        hard="pm_card_chargeDeclinedStolenCard", action="pm_card_authenticationRequired",
        slow_refund="pm_card_pendingRefund",
    )  # fmt: skip


class TestStripeSandbox(BookkeepingContract):
    """Stripe's test mode, which has its tokens for every case."""

    __test__ = not missing(STRIPE)

    @pytest.fixture
    def subject(self) -> Subject:
        return stripe_subject()


class TestPayPalSandbox(BookkeepingContract):
    """PayPal's sandbox, where declines cannot be had by a token and the search lags by hours."""

    __test__ = not missing(PAYPAL)

    @pytest.fixture
    def subject(self) -> Subject:
        client_id, secret, vault_id = (os.environ[name] for name in PAYPAL)
        gateway = PayPalGateway(client_id, secret, url="sandbox", webhook_id="WH-NONE")
        return Subject(gateway, ok=vault_id, searches_at_once=False)


@pytest.mark.parametrize("key", ["sk_live_sim", "rk_live_sim", "pk_test_sim", " sk_test_sim"])
def test_a_key_that_could_move_money_is_not_used(monkeypatch, key):
    monkeypatch.setenv(STRIPE[0], key)
    with pytest.raises(AssertionError, match="no key of Stripe's test mode"):
        stripe_subject()


@pytest.mark.parametrize(("names", "contract"), [(STRIPE, TestStripeSandbox), (PAYPAL, TestPayPalSandbox)])
def test_the_contract_runs_where_there_are_keys(names, contract):
    """One line for each provider that is left out, instead of one for each test."""
    if lacking := missing(names):
        pytest.skip(f"to run the contract on the provider's own sandbox set {', '.join(lacking)}")
    assert contract.__test__
