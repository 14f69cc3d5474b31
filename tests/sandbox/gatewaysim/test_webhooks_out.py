"""Webhooks of the stand-in: signed as the provider signs, doubled, late, shuffled, and sent until they are taken."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate
from starlette.applications import Starlette

from sandbox.gatewaysim.state import SimState
from sandbox.gatewaysim.webhooks import sending
from tests.support.gateways.gatewaysim import GatewaySim
from tests.support.running.receiver import Delivery, Receiver

SECRET, WEBHOOK = "whsec_sim", "WH-SIM"


class QuickReceiver(Receiver):
    """One that ends at once: there is one for every test."""

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with QuickReceiver() as listening:
        yield listening


@pytest.fixture
def registered(sim, receiver) -> Callable[..., None]:
    def register(**habits: Any) -> None:
        sim.control(
            "webhooks",
            stripe={"url": f"{receiver.url}/stripe", "secret": SECRET, **habits},
            paypal={"url": f"{receiver.url}/paypal", "secret": WEBHOOK, **habits},
        )

    return register


def events(deliveries: list[Delivery]) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in deliveries]


def all_events(sim: GatewaySim, receiver: Receiver) -> list[dict[str, Any]]:
    """Everything that was sent, once nothing is left to send."""
    until = time.monotonic() + 30
    while sim.show()["undelivered"] and time.monotonic() < until:
        time.sleep(0.01)
    return events(receiver.got)


def test_stripes_are_signed_with_the_secret_that_was_registered(sim, calls, receiver, registered):
    sim.control("clock", set="2026-10-05T00:00:00+00:00")
    registered()
    intent = calls.intent(reference="r-1").json()
    ((headers, body),) = receiver.wait_for(1)
    stamp, signature = (part.partition("=")[2] for part in headers["stripe-signature"].split(","))
    assert stamp == str(intent["created"]), "by the stand-in's own clock"
    assert hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest() == signature
    event = json.loads(body)
    assert (event["object"], event["type"]) == ("event", "payment_intent.succeeded")
    assert event["data"]["object"] == intent


def test_paypals_are_signed_by_the_certificate_that_is_served(sim, calls, receiver, registered):
    registered()
    order = calls.order(reference="r-1").json()
    ((headers, body),) = receiver.wait_for(1)
    assert headers["paypal-cert-url"].startswith(sim.url)
    with urllib.request.urlopen(headers["paypal-cert-url"], timeout=10) as response:
        key = load_pem_x509_certificate(response.read()).public_key()
    assert isinstance(key, RSAPublicKey)
    sent_id, sent_at = headers["paypal-transmission-id"], headers["paypal-transmission-time"]
    signed = f"{sent_id}|{sent_at}|{WEBHOOK}|{zlib.crc32(body)}".encode()
    key.verify(base64.b64decode(headers["paypal-transmission-sig"]), signed, PKCS1v15(), SHA256())
    event = json.loads(body)
    assert (event["event_type"], event["resource_type"]) == ("PAYMENT.CAPTURE.COMPLETED", "capture")
    assert event["resource"] == order["purchase_units"][0]["payments"]["captures"][0]


def test_whatever_happens_to_an_intent_is_told(sim, calls, receiver, registered):
    registered()
    calls.intent("pm_card_chargeDeclined")
    waiting = [calls.intent("pm_card_authenticationRequired").json()["id"] for _ in range(2)]
    sim.control(f"payment_intents/{waiting[0]}/authenticate")
    calls.stripe(f"payment_intents/{waiting[1]}/cancel")
    calls.intent(capture_method="manual")
    told = all_events(sim, receiver)
    assert sorted(event["type"].partition(".")[2] for event in told) == [
        "canceled", "payment_failed", "requires_action", "requires_action", "succeeded",
    ]  # fmt: skip
    assert len({event["id"] for event in told}) == 5


def test_what_is_given_back_and_what_its_payer_approved_is_told_as_what_it_is(
    sim, calls, receiver, registered
):
    registered()
    intent = calls.intent().json()
    calls.stripe("refunds", payment_intent=intent["id"])
    order = calls.order("vault_action").json()
    calls.http.post(order["links"][0]["href"])
    told = all_events(sim, receiver)
    of_stripe = {event["type"]: event["data"]["object"]["object"] for event in told if "type" in event}
    assert of_stripe == {
        "payment_intent.succeeded": "payment_intent", "refund.created": "refund", "charge.refunded": "charge",
    }  # fmt: skip
    (approved,) = [event for event in told if "event_type" in event]
    assert (approved["event_type"], approved["resource_type"]) == (
        "CHECKOUT.ORDER.APPROVED",
        "checkout-order",
    )


def test_a_charge_whose_answer_was_lost_is_told_all_the_same(sim, calls, receiver, registered):
    registered()
    sim.control("faults", queue=["error_after", "error_before"])
    calls.intent(reference="lost")
    calls.intent(reference="never")
    (event,) = all_events(sim, receiver)
    assert event["data"]["object"]["metadata"]["settle_reference"] == "lost"


def test_a_repeat_with_the_same_key_is_nothing_new(sim, calls, receiver, registered):
    registered()
    for _ in range(3):
        calls.intent(key="k", reference="once")
    (event,) = all_events(sim, receiver)
    assert event["data"]["object"]["metadata"]["settle_reference"] == "once"


def test_doubled_ones_are_the_same_event_signed_again(sim, calls, receiver, registered):
    registered(duplicates=1)
    calls.order()
    assert len(all_events(sim, receiver)) == 2
    first, second = receiver.got
    assert json.loads(first[1])["id"] == json.loads(second[1])["id"]
    assert first[0]["paypal-transmission-id"] != second[0]["paypal-transmission-id"]


def test_a_provider_without_a_webhook_tells_nobody(sim, calls, receiver):
    sim.control("webhooks", stripe={"url": receiver.url, "secret": SECRET})
    calls.order()
    calls.intent()
    (event,) = all_events(sim, receiver)
    assert event["object"] == "event"


def test_it_is_sent_again_until_it_is_taken(sim, calls):
    with QuickReceiver() as refusing:
        responses = iter([500])
        handler = refusing.server.RequestHandlerClass
        really = handler.send_response  # type: ignore[attr-defined]

        def send_response(self: Any, code: int) -> None:
            really(self, next(responses, code))

        handler.send_response = send_response  # type: ignore[attr-defined]
        sim.control("webhooks", stripe={"url": refusing.url, "secret": SECRET})
        calls.intent()
        told = events(refusing.wait_for(2))
    assert len({event["id"] for event in told}) == 1


# --------------------------------------------------------------------------------------------- order
def delivered(*, shuffle: bool, seed: int, delay_s: float = 0.0, senders: int = 1) -> list[int]:
    """Twenty events, delivered by so many senders: their numbers as they arrived."""
    with QuickReceiver() as receiver:
        hook = {"url": receiver.url, "secret": SECRET, "shuffle": shuffle, "delay_s": delay_s}
        state = SimState(seed=seed, webhooks={"stripe": hook})
        for number in range(20):
            state.happened("stripe", "payment_intent.succeeded", {"number": number})

        async def run() -> None:
            loop = asyncio.get_running_loop()
            loop.set_default_executor(ThreadPoolExecutor(senders))
            async with sending(state)(Starlette()):
                while len(receiver.got) < 20:
                    await asyncio.sleep(0.01)

        asyncio.run(asyncio.wait_for(run(), 30))
        return [event["data"]["object"]["number"] for event in events(receiver.got)]


def test_they_come_in_order_unless_told_otherwise_and_shuffled_by_the_seed():
    in_order = list(range(20))
    assert delivered(shuffle=False, seed=3) == in_order
    shuffled = delivered(shuffle=True, seed=3)
    assert sorted(shuffled) == in_order
    assert shuffled != in_order
    assert delivered(shuffle=True, seed=3) == shuffled
    assert delivered(shuffle=True, seed=4) != shuffled


def test_late_ones_are_overtaken():
    late = delivered(shuffle=False, seed=3, delay_s=0.2, senders=20)
    assert sorted(late) == list(range(20))
    assert late != list(range(20))
