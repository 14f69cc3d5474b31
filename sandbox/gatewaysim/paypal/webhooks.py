"""PayPal's webhooks, signed by a key and a certificate of the stand-in's own."""

from __future__ import annotations

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import uuid4

from sandbox.gatewaysim.paypal.objects import stamp
from sandbox.gatewaysim.state import SimState

_RESOURCES = {
    "order": "checkout-order", "capture": "capture", "auth": "authorization", "refund": "refund", "dispute": "dispute",
}  # fmt: skip


def certificate() -> str:
    """The certificate that it serves instead of PayPal's."""
    return _identity()[1]


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
            "id": event["id"], "event_type": event["type"], "resource_type": _RESOURCES[event["object"]["object"]],
            "create_time": stamp(state.now()), "resource": event["object"],
        }
    ).encode()  # fmt: skip
    sent_id, sent_at = str(uuid4()), stamp(state.now())
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
