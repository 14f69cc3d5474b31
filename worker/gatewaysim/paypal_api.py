"""The part of PayPal's API that charging vaulted accounts needs: orders, authorizations, the transaction search."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from worker.gatewaysim.answers import Answer, Dropped
from worker.gatewaysim.reading import read
from worker.gatewaysim.state import SimState

MAX_BODY_BYTES = 1_000_000
_NO_DECIMALS = frozenset(("JPY", "HUF", "TWD", "KRW", "VND", "CLP"))


def routes(state: SimState) -> list[Route]:
    """Every route that PayPal's library calls here."""

    async def token(_: Request) -> Response:
        return Answer(
            200, {"access_token": "sim", "token_type": "Bearer", "expires_in": 32_400, "scope": "sim"}
        ).response()

    async def create(request: Request) -> Response:
        if not _has_token(request):
            return error(401, "AUTHENTICATION_FAILURE").response()
        body = await request.body()
        if len(body) > MAX_BODY_BYTES:
            return error(413, "REQUEST_TOO_LARGE").response()
        return await _create(state, request.headers.get("paypal-request-id", ""), body)

    async def asked(request: Request, act: Callable[[], Answer]) -> Response:
        if not _has_token(request):
            return error(401, "AUTHENTICATION_FAILURE").response()
        limited, failed = error(429, "RATE_LIMIT_REACHED"), error(500, "INTERNAL_SERVER_ERROR")
        return await read(state, act, limited=limited, failed=failed)

    async def thing(request: Request) -> Response:
        return await asked(request, lambda: _found(state, request.path_params["id"]))

    async def void(request: Request) -> Response:
        state.calls += 1
        return _void(state, request.path_params["id"]).response()

    async def transactions(request: Request) -> Response:
        return await asked(request, lambda: _transactions(state, dict(request.query_params)))

    async def certificate(_: Request) -> Response:
        return PlainTextResponse(_identity()[1], media_type="application/x-pem-file")

    return [
        Route("/v1/oauth2/token", token, methods=["POST"]),
        Route("/v2/checkout/orders", create, methods=["POST"]),
        Route("/v2/checkout/orders/{id}", thing),
        Route("/v2/payments/authorizations/{id}", thing),
        Route("/v2/payments/authorizations/{id}/void", void, methods=["POST"]),
        Route("/v2/payments/captures/{id}", thing),
        Route("/v1/reporting/transactions", transactions),
        Route("/sim/paypal-certificate.pem", certificate),
    ]


def _has_token(request: Request) -> bool:
    return request.headers.get("authorization", "").startswith("Bearer ")


def error(status: int, name: str, issue: str = "") -> Answer:
    """An error as PayPal words it."""
    details = [{"issue": issue, "description": issue}] if issue else []
    return Answer(status, {"name": name, "message": issue or name, "debug_id": "sim", "details": details})


async def _create(state: SimState, key: str, body: bytes) -> Response:
    """A repeat with the same request id tells the latest state of the first order and does nothing."""
    state.calls += 1
    if not key:
        return error(400, "INVALID_REQUEST", "MISSING_REQUIRED_PARAMETER").response()
    fault = state.faults.draw(state.random)
    early: dict[str, Response] = {
        "lost_before": Dropped(),
        "rate_limited": error(429, "RATE_LIMIT_REACHED").response(),
        "in_progress": error(409, "RESOURCE_CONFLICT", "PREVIOUS_REQUEST_IN_PROGRESS").response(),
        "error_before": error(500, "INTERNAL_SERVER_ERROR").response(),
    }
    if fault in early:
        return early[fault]
    fingerprint = hashlib.sha256(body).hexdigest()
    known = state.saved("paypal", key)
    if known is not None and known.fingerprint != fingerprint:
        return error(422, "UNPROCESSABLE_ENTITY", "PAYPAL_REQUEST_ID_REUSED").response()
    if known is not None:
        latest = state.objects.get(known.body, {})
        answer = Answer(200, latest) if latest else error(422, "UNPROCESSABLE_ENTITY", known.body)
    else:
        try:
            given = json.loads(body)
            needed = (
                given["purchase_units"][0]["amount"]["value"],
                given["payment_source"]["paypal"]["vault_id"],
            )
            is_complete = given["intent"] in {"CAPTURE", "AUTHORIZE"} and Decimal(needed[0]) > 0
        except (ValueError, LookupError, TypeError, ArithmeticError):
            is_complete = False
        if not is_complete:
            return error(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON").response()
        answer, saved = _execute(state, given)
        state.save("paypal", key, fingerprint, answer.status, saved)
    if fault == "slow":
        await asyncio.sleep(state.faults.slow_s)
    if fault == "timeout":
        await asyncio.sleep(state.faults.timeout_s)
    if fault == "error_after":
        return error(500, "INTERNAL_SERVER_ERROR").response()
    return Dropped() if fault == "lost_after" else answer.response()


def _execute(state: SimState, given: dict[str, Any]) -> tuple[Answer, str]:
    """The answer, and what a repeat is answered by: the order's id, or the issue that refused it."""
    unit = given["purchase_units"][0]
    token = given["payment_source"]["paypal"]["vault_id"]
    behaviour = state.behaviour_of(token)
    invoices = {
        found["purchase_units"][0].get("invoice_id")
        for found in state.objects.values()
        if found.get("object") == "order" and found["status"] == "COMPLETED"
    }
    issue = ""
    if behaviour.kind == "unknown":
        return error(404, "RESOURCE_NOT_FOUND", "TOKEN_NOT_FOUND"), "TOKEN_NOT_FOUND"
    if behaviour.kind == "declined":
        issue = behaviour.code or "INSTRUMENT_DECLINED"
    elif unit.get("invoice_id") in invoices:
        issue = "DUPLICATE_INVOICE_ID"
    if issue:
        return error(422, "UNPROCESSABLE_ENTITY", issue), issue
    order: dict[str, Any] = {
        "id": state.new_id("ORDER"), "object": "order", "intent": given["intent"], "status": "COMPLETED",
        "purchase_units": [dict(unit)], "create_time": _stamp(state.now()), "links": [],
    }  # fmt: skip
    state.objects[order["id"]] = order
    if behaviour.kind == "action":
        order["status"] = "PAYER_ACTION_REQUIRED"
        order["links"] = [{"rel": "payer-action", "href": f"{state.base_url}/sim/approve/{order['id']}"}]
    elif given["intent"] == "AUTHORIZE":
        held = _payment(state, "AUTH", unit, "CREATED")
        order["purchase_units"][0]["payments"] = {"authorizations": [held]}
    else:
        capture = _payment(state, "CAPTURE", unit, "COMPLETED")
        order["purchase_units"][0]["payments"] = {"captures": [capture]}
        currency = unit["amount"]["currency_code"]
        minor = int(Decimal(unit["amount"]["value"]).scaleb(0 if currency in _NO_DECIMALS else 2))
        state.took("paypal", capture["id"], unit.get("custom_id", ""), minor, currency, token)
        state.happened("paypal", "PAYMENT.CAPTURE.COMPLETED", capture)
    return Answer(201, order), order["id"]


def _payment(state: SimState, prefix: str, unit: dict[str, Any], status: str) -> dict[str, Any]:
    payment = {
        "id": state.new_id(prefix), "object": prefix.lower(), "status": status, "amount": unit["amount"],
        "custom_id": unit.get("custom_id"), "invoice_id": unit.get("invoice_id"),
        "create_time": _stamp(state.now()),
    }  # fmt: skip
    state.objects[payment["id"]] = payment
    return payment


def _found(state: SimState, its_id: str) -> Answer:
    known = state.objects.get(its_id)
    return Answer(200, known) if known else error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")


def _void(state: SimState, its_id: str) -> Answer:
    held = state.objects.get(its_id)
    if held is None:
        return error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
    if held["status"] == "VOIDED":
        return error(422, "UNPROCESSABLE_ENTITY", "PREVIOUSLY_VOIDED")
    held["status"] = "VOIDED"
    return Answer(204, None)


def _transactions(state: SimState, given: dict[str, str]) -> Answer:
    """What was captured, once the lag of the search is over."""
    start, end = (datetime.fromisoformat(given[name]) for name in ("start_date", "end_date"))
    if end - start > timedelta(days=31):
        return error(400, "INVALID_REQUEST", "DATE_RANGE_TOO_LARGE")
    visible = state.now() - state.search_lag
    found = [
        _transaction(charge, state.objects[charge.id])
        for charge in state.ledger
        if charge.gateway == "paypal" and start <= charge.charged_at < end and charge.charged_at <= visible
    ]
    size, page = int(given.get("page_size", 100)), int(given.get("page", 1))
    pages = max(1, -(-len(found) // size))
    shown = found[(page - 1) * size : page * size]
    return Answer(
        200,
        {"transaction_details": shown, "total_items": len(found), "total_pages": pages, "page": page},
    )


def _transaction(charge: Any, capture: dict[str, Any]) -> dict[str, Any]:
    return {
        "transaction_info": {
            "transaction_id": capture["id"], "transaction_event_code": "T0006", "transaction_status": "S",
            "transaction_initiation_date": _stamp(charge.charged_at), "transaction_amount": capture["amount"],
            "custom_field": capture["custom_id"], "invoice_id": capture["invoice_id"],
        }
    }  # fmt: skip


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=1)
def _identity() -> tuple[Any, str]:
    """The stand-in's own key, and the certificate that it serves instead of PayPal's."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    key = generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gatewaysim")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, SHA256())
    )
    return key, certificate.public_bytes(Encoding.PEM).decode()


def signed(state: SimState, hook: dict[str, Any], event: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    """Body and headers of one delivery; `secret` of the registration is the webhook's id."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    body = json.dumps(
        {
            "id": event["id"], "event_type": event["type"], "resource_type": "capture",
            "create_time": _stamp(state.now()), "resource": event["object"],
        }
    ).encode()  # fmt: skip
    sent_id, sent_at = str(uuid4()), _stamp(state.now())
    text = f"{sent_id}|{sent_at}|{hook['secret']}|{zlib.crc32(body)}".encode()
    signature = base64.b64encode(_identity()[0].sign(text, PKCS1v15(), SHA256())).decode()
    return body, {
        "Content-Type": "application/json",
        "PayPal-Transmission-Id": sent_id,
        "PayPal-Transmission-Time": sent_at,
        "PayPal-Transmission-Sig": signature,
        "PayPal-Auth-Algo": "SHA256withRSA",
        "PayPal-Cert-Url": f"{state.base_url}/sim/paypal-certificate.pem",
    }
