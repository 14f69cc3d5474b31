"""A question that a gateway refuses says nothing about the charge: it stays unknown. Rule: R5.5a."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox.gatewaysim.state import SimState
from sandbox.gatewaysim.webhooks import signed
from settlement.errors import Refused
from settlement.gateways.paypal.gateway import PayPalGateway
from settlement.gateways.port import Gateway
from settlement.gateways.stripe.gateway import StripeGateway
from settlement.model.gateway.charges import GatewayRequest, Unknown

NOW = datetime(2026, 10, 5, tzinfo=UTC)
REQUEST = GatewayRequest("reference", "a", "cus_1", "pm_card_visa", 1234, "USD", NOW)


class _Refusing(BaseHTTPRequestHandler):
    """Gives out access tokens and refuses everything else with the status that its server was told."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_token = self.path.startswith("/v1/oauth2/token")
        body = {"access_token": "t", "token_type": "Bearer", "expires_in": 9000}
        if not is_token:
            body = {"name": "INVALID", "error": {"type": "invalid_request_error", "message": "no"}}
        self.send_response(200 if is_token else self.server.status)  # type: ignore[attr-defined]
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    do_GET = do_POST = _answer  # noqa: N815 - the names are the library's

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=[400, 404, 422])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refusing)
    server.status = request.param  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", ["stripe", "paypal"])
def test_a_search_that_is_refused_is_no_decline_and_finds_nothing_out(url: str, name: str) -> None:
    gateway: Gateway = (
        StripeGateway("sk_test_sim", url=url) if name == "stripe" else PayPalGateway("c", "s", url=url)
    )
    assert isinstance(gateway.find(REQUEST), Unknown)


@pytest.mark.parametrize(
    ("place", "code"), [("first", None), ("last", "stale_signature"), ("none", "bad_signature")]
)
def test_the_time_that_is_signed_is_the_time_that_counts(place: str, code: str | None) -> None:
    gateway = StripeGateway("sk_test_sim", webhook_secrets=("whsec_sim",))
    state = SimState(fixed_now=NOW if place == "first" else NOW - timedelta(days=30))
    event = {
        "gateway": "stripe",
        "id": "evt_1",
        "type": "x",
        "object": {"id": "pi_1", "object": "payment_intent"},
    }
    body, headers = signed(state, {"secret": "whsec_sim"}, event)
    extra = {"first": "", "last": f",t={int(NOW.timestamp())}", "none": ""}[place]
    signature = headers["Stripe-Signature"] + extra
    if place == "none":
        signature = signature.partition(",")[2]
    if code is None:
        assert gateway.notification({"stripe-signature": signature}, body, at=NOW).gateway_ref == "pi_1"
        return
    with pytest.raises(Refused) as refused:
        gateway.notification({"stripe-signature": signature}, body, at=NOW)
    assert refused.value.code == code


def test_a_signature_that_is_not_ascii_fits_no_secret() -> None:
    gateway = StripeGateway("sk_test_sim", webhook_secrets=("whsec_sim",))
    headers = {"stripe-signature": f"t={int(NOW.timestamp())},v1=\xe9\xff"}
    with pytest.raises(Refused) as refused:
        gateway.notification(headers, b"{}", at=NOW)
    assert refused.value.code == "bad_signature"


def test_of_an_event_about_a_charge_the_intent_is_what_is_read_again() -> None:
    gateway = StripeGateway("sk_test_sim", webhook_secrets=("whsec_sim",))
    about = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}
    event = {"gateway": "stripe", "id": "evt_1", "type": "charge.succeeded", "object": about}
    body, headers = signed(SimState(fixed_now=NOW), {"secret": "whsec_sim"}, event)
    assert (
        gateway.notification({"stripe-signature": headers["Stripe-Signature"]}, body, at=NOW).gateway_ref
        == "pi_1"
    )
