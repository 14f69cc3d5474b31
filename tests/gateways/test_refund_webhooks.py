"""A webhook about money given back is about the refund, and says of which charge. Rule: R5.6a, R7.3."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sandbox.gatewaysim.state import SimState
from sandbox.gatewaysim.webhooks import signed
from settlement.gateways.paypal.gateway import PayPalGateway
from settlement.gateways.paypal.objects import charge_refs_of, ref_of
from settlement.gateways.stripe.gateway import StripeGateway
from settlement.model.gateway.charges import NotFound, Notification
from settlement.model.gateway.refund_calls import Refunded
from tests.gateways.test_contract import paypal_subject
from tests.support.gateways.gatewaysim import GatewaySim
from tests.support.running.receiver import Receiver

NOW = datetime(2026, 10, 5, tzinfo=UTC)
OURS, CHARGE = "0f0e0d0c-0000-4000-8000-000000000001", "0f0e0d0c-0000-4000-8000-000000000002"
REFUND = {"id": "re_1", "object": "refund", "payment_intent": "pi_1", "charge": "ch_1"}


def stripe_hint(event_type: str, thing: dict) -> Notification:
    gateway = StripeGateway("sk_test_sim", webhook_secrets=("whsec_sim",))
    event = {"gateway": "stripe", "id": "evt_1", "type": event_type, "object": thing}
    body, headers = signed(SimState(fixed_now=NOW), {"secret": "whsec_sim"}, event)
    return gateway.notification({"stripe-signature": headers["Stripe-Signature"]}, body, at=NOW)


@pytest.mark.parametrize(
    ("event_type", "thing", "reference", "ref"),
    [
        ("refund.created", REFUND | {"metadata": {"settle_reference": OURS}}, OURS, "re_1"),
        ("refund.failed", REFUND | {"metadata": {}}, None, "re_1"),
        ("charge.refund.updated", REFUND | {"metadata": {"settle_reference": OURS}}, OURS, "re_1"),
        (
            "charge.refunded",
            {
                "id": "ch_1",
                "object": "charge",
                "payment_intent": "pi_1",
                "metadata": {"settle_reference": CHARGE},
            },
            None,
            "ch_1",
        ),
    ],
)
def test_what_stripe_says_of_a_refund(event_type, thing, reference, ref):
    hint = stripe_hint(event_type, thing)
    assert (hint.reference, hint.gateway_ref) == (reference, ref)


DISPUTE = {"id": "dp_1", "object": "dispute", "payment_intent": "pi_1", "charge": "ch_1", "metadata": {}}


@pytest.mark.parametrize(
    ("event_type", "thing", "charge"),
    [
        ("refund.created", REFUND | {"metadata": {}}, "pi_1"),
        ("refund.updated", {"id": "re_1", "object": "refund", "payment_intent": None, "charge": "ch_1"}, "ch_1"),
        ("charge.refunded", {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}, "pi_1"),
        ("charge.dispute.created", DISPUTE, "pi_1"),
        ("charge.dispute.funds_withdrawn", DISPUTE, "pi_1"),
        ("charge.dispute.closed", DISPUTE | {"payment_intent": None}, "ch_1"),
        ("charge.succeeded", {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}, None),
        ("payment_intent.succeeded", {"id": "pi_1", "object": "payment_intent"}, None),
    ],
)  # fmt: skip
def test_of_which_charge_money_went_back_at_stripe(event_type, thing, charge):
    assert stripe_hint(event_type, thing).charge_ref == charge


UP = "https://api.paypal.com/v2/payments/captures/C1"
GIVEN = {"id": "R1", "links": [{"rel": "up", "href": UP}]}


@pytest.mark.parametrize(
    ("event_type", "kind", "resource", "ref", "charges"),
    [
        ("PAYMENT.CAPTURE.REFUNDED", "refund", GIVEN, "refund:R1", ("capture:C1",)),
        ("PAYMENT.CAPTURE.REVERSED", "refund", GIVEN, "refund:R1", ("capture:C1",)),
        ("PAYMENT.CAPTURE.REVERSED", "capture", {"id": "C1"}, "capture:C1", ("capture:C1",)),
        ("PAYMENT.CAPTURE.COMPLETED", "capture", {"id": "C1"}, "capture:C1", ()),
        ("PAYMENT.CAPTURE.REFUNDED", "refund", {"id": "R1"}, "refund:R1", ()),
        (
            "CUSTOMER.DISPUTE.CREATED", "dispute",
            {"dispute_id": "PP-D-1", "disputed_transactions": [{"seller_transaction_id": "C1"}]},
            "dispute:PP-D-1", ("capture:C1",),
        ),
        (
            "CUSTOMER.DISPUTE.CREATED", "dispute",
            {
                "dispute_id": "PP-D-1",
                "disputed_transactions": [{"seller_transaction_id": its_id} for its_id in ("C1", "C2", "C1")],
            },
            "dispute:PP-D-1", ("capture:C1", "capture:C2"),
        ),
        ("CUSTOMER.DISPUTE.RESOLVED", "dispute", {"dispute_id": "PP-D-1"}, "dispute:PP-D-1", ()),
    ],
)  # fmt: skip
def test_of_which_captures_money_went_back_at_paypal(event_type, kind, resource, ref, charges):
    assert (ref_of(kind, resource), charge_refs_of(event_type, kind, resource)) == (ref, charges)


def test_what_the_stand_in_says_of_a_refund_of_paypal(sim: GatewaySim):
    subject = paypal_subject(sim)
    with Receiver() as receiver:
        # What happened before anybody asked to be told is told to nobody.
        sim.control("webhooks", paypal={"url": receiver.url, "secret": "WH-SIM"})
        taken = subject.gateway.charge(subject.asking(subject.ok))
        request = subject.giving_back(taken, 500)
        given = subject.gateway.refund(request)
        told = receiver.wait_for(2)
    hints = [subject.gateway.notification(*each, at=datetime.now(UTC)) for each in told]
    (hint,) = [each for each in hints if each.type != "PAYMENT.CAPTURE.COMPLETED"]
    assert isinstance(given, Refunded)
    assert (hint.type, hint.reference, hint.gateway_ref) == (
        "PAYMENT.CAPTURE.REFUNDED", request.reference, given.gateway_ref,
    )  # fmt: skip
    assert isinstance(subject.gateway, PayPalGateway)
    assert subject.gateway.read(given.gateway_ref, request.reference) == NotFound()
