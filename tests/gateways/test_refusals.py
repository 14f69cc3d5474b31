"""Whose fault a refused call is: the customer's method, our set-up, or nobody knows. Rule: R5.8b, R5.5a."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from settlement.errors import Misconfigured
from settlement.gateways.paypal.gateway import PayPalGateway
from settlement.gateways.port import Gateway
from settlement.gateways.stripe.gateway import StripeGateway
from settlement.model.gateway.charges import AmountRefused, ChargeOutcome, Declined, GatewayRequest, Unknown

NOW = datetime(2026, 10, 5, tzinfo=UTC)
REQUEST = GatewayRequest("reference", "a", "cus_1", "pm_card_visa", 1234, "USD", NOW)


class _Answering(BaseHTTPRequestHandler):
    """Gives out access tokens and answers everything else with the status and body that its server was told."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, body = self.server.told  # type: ignore[attr-defined]
        if self.path.startswith("/v1/oauth2/token"):
            status, body = 200, {"access_token": "t", "token_type": "Bearer", "expires_in": 9000}
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    do_GET = do_POST = _answer  # noqa: N815 - the names are the library's

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def charged(gateway: Gateway) -> ChargeOutcome | Misconfigured:
    try:
        return gateway.charge(REQUEST)
    except Misconfigured as error:
        return error


def stripe_says(server: ThreadingHTTPServer, status: int, **error: Any) -> ChargeOutcome | Misconfigured:
    server.told = (  # type: ignore[attr-defined]
        status,
        {"error": {"type": "invalid_request_error", "message": "no"} | error},
    )
    return charged(StripeGateway("sk_test_sim", url=f"http://127.0.0.1:{server.server_port}"))


def paypal_says(
    server: ThreadingHTTPServer, status: int, name: str, *issues: str
) -> ChargeOutcome | Misconfigured:
    details = [{"issue": issue, "description": issue} for issue in issues]
    server.told = (status, {"name": name, "message": name, "details": details})  # type: ignore[attr-defined]
    return charged(PayPalGateway("c", "s", url=f"http://127.0.0.1:{server.server_port}"))


@pytest.mark.parametrize(
    ("code", "param"),
    [
        ("parameter_invalid_integer", "amount"),
        ("currency_not_supported", "currency"), ("payment_intent_invalid_parameter", None), (None, None),
        ("resource_missing", "on_behalf_of"), ("a_code_of_tomorrow", None),
    ],
)  # fmt: skip
def test_a_request_that_stripe_cannot_take_is_no_decline_of_the_customer(server, code, param):
    assert isinstance(stripe_says(server, 400, code=code, param=param), Unknown)


@pytest.mark.parametrize("code", ["amount_too_small", "amount_too_large", "invalid_charge_amount"])
def test_an_amount_that_stripe_does_not_take_is_known_as_such(server, code):
    outcome = stripe_says(server, 400, code=code, param="amount")
    assert isinstance(outcome, AmountRefused)
    assert outcome.code == code


@pytest.mark.parametrize(
    "issue", ["TRANSACTION_LIMIT_EXCEEDED", "DECIMAL_PRECISION", "CANNOT_BE_ZERO_OR_NEGATIVE"]
)
def test_an_amount_that_paypal_does_not_take_is_known_as_such(server, issue):
    outcome = paypal_says(server, 422, "UNPROCESSABLE_ENTITY", issue)
    assert isinstance(outcome, AmountRefused)
    assert outcome.code == issue


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"code": "parameter_unknown", "param": "capture"}),
        (400, {"code": "testmode_charges_only"}),
        (400, {"code": "account_invalid"}),
        (401, {"code": "api_key_expired"}),
        (403, {"code": "secret_key_required"}),
        (404, {"message": "Unrecognized request URL (POST: /v1/payment_intents)."}),
        (400, {
            "code": "resource_missing", "param": "payment_method",
            "message": "No such PaymentMethod: 'pm_1'; a similar object exists in live mode",
        }),
    ],
)  # fmt: skip
def test_what_is_wrong_with_our_set_up_at_stripe_waits_for_a_person(server, status, error):
    assert isinstance(stripe_says(server, status, **error), Misconfigured)


def test_a_key_that_stripe_knows_with_another_request_says_nothing_about_the_first(server):
    outcome = stripe_says(server, 400, type="idempotency_error")
    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize(
    ("code", "param"),
    [
        ("resource_missing", "payment_method"), ("resource_missing", "customer"),
        ("payment_method_unexpected_state", None), ("expired_payment_method", None),
    ],
)  # fmt: skip
def test_a_method_that_stripe_does_not_have_any_more_is_a_hard_decline(server, code, param):
    outcome = stripe_says(server, 400, code=code, param=param)
    assert isinstance(outcome, Declined)
    assert outcome.final


@pytest.mark.parametrize(
    ("status", "name", "issues"),
    [
        (422, "UNPROCESSABLE_ENTITY", ("PAYPAL_REQUEST_ID_REUSED",)),
        (422, "UNPROCESSABLE_ENTITY", ("DUPLICATE_INVOICE_ID",)),
        (422, "UNPROCESSABLE_ENTITY", ("ORDER_ALREADY_CAPTURED",)),
        (422, "UNPROCESSABLE_ENTITY", ("CURRENCY_NOT_SUPPORTED",)),
        (422, "UNPROCESSABLE_ENTITY", ("AN_ISSUE_OF_TOMORROW",)),
        (422, "UNPROCESSABLE_ENTITY", ()),
        (400, "INVALID_REQUEST", ("INVALID_PARAMETER_VALUE", "MISSING_REQUIRED_PARAMETER")),
        (404, "NOT_A_NAME_OF_PAYPAL", ()),
        (409, "RESOURCE_CONFLICT", ("PREVIOUS_REQUEST_IN_PROGRESS",)),
    ],
)
def test_what_is_no_known_decline_of_paypal_stays_unknown(server, status, name, issues):
    assert isinstance(paypal_says(server, status, name, *issues), Unknown)


@pytest.mark.parametrize(
    ("status", "issue"),
    [(403, "PERMISSION_DENIED"), (422, "PAYEE_ACCOUNT_RESTRICTED"), (422, "PAYEE_ACCOUNT_LOCKED_OR_CLOSED")],
)
def test_what_is_wrong_with_our_account_at_paypal_waits_for_a_person(server, status, issue):
    assert isinstance(paypal_says(server, status, "NOT_AUTHORIZED", issue), Misconfigured)


@pytest.mark.parametrize(
    ("issue", "hard"),
    [
        ("INSTRUMENT_DECLINED", False), ("PAYER_CANNOT_PAY", False), ("TRANSACTION_REFUSED", False),
        ("PAYER_ACTION_REQUIRED", False), ("PAYER_ACCOUNT_LOCKED_OR_CLOSED", True),
        ("PAYEE_BLOCKED_TRANSACTION", True),
    ],
)  # fmt: skip
def test_known_declines_of_paypal(server, issue, hard):
    outcome = paypal_says(server, 422, "UNPROCESSABLE_ENTITY", issue)
    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.final) == (issue, hard)


@pytest.mark.parametrize(
    ("status", "issue"), [(404, "TOKEN_NOT_FOUND"), (404, "INVALID_RESOURCE_ID"), (404, None)]
)
def test_an_account_that_is_not_vaulted_any_more_is_a_hard_decline(server, status, issue):
    outcome = paypal_says(server, status, "RESOURCE_NOT_FOUND", *filter(None, (issue,)))
    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.final) == ("unknown_method", True)
