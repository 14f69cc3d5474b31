"""Forged webhooks of PayPal: no certificate of anybody else is believed, and no stranger makes us connect anywhere.

Rule: R5.6b.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from settlement.errors import Refused, Unavailable
from settlement.gateways.paypal.certificates import Certificates, issuer_for
from settlement.gateways.paypal.gateway import PayPalGateway
from settlement.gateways.paypal.signatures import Signatures

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
GOOD = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77"
NAME = "messageverificationcerts.paypal.com"
WEBHOOK = "WH-1"
BODY = json.dumps(
    {"id": "e1", "event_type": "x", "resource_type": "capture", "resource": {"id": "C1", "custom_id": "r"}}
).encode()
FORGED = [
    "https://evil\\@api.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com\\@evil.example/v1/notifications/certs/CERT-1",
    "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
    "https://user:word@api.paypal.com/v1/notifications/certs/CERT-1",
    "https://evil.example/v1/notifications/certs/CERT-1",
    "https://evil.example/#@api.paypal.com/v1/notifications/certs/CERT-1",
    "https://evil.example?.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
    "https://evilpaypal.com/v1/notifications/certs/CERT-1",
    "https://anything.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
    "https://api.paypal.com:443/v1/notifications/certs/CERT-1",
    "http://api.paypal.com/v1/notifications/certs/CERT-1",
    "HTTPS://API.PAYPAL.COM/v1/notifications/certs/CERT-1",
    "file:///etc/passwd",
    "//api.paypal.com/v1/notifications/certs/CERT-1",
    "https:api.paypal.com/v1/notifications/certs/CERT-1",
    " https://api.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com/v1/notifications/certs/CERT-1\n",
    "https://api.paypal.com/v1/notifications/certs/CERT-1\r\nHost: evil.example",
    "https://api.paypal.com/v1/notifications/certs/CERT-1?redirect=https://evil.example",
    "https://api.paypal.com/v1/notifications/certs/CERT-1#x",
    "https://api.paypal.com/v1/notifications/certs/../../../webapps/upload",
    "https://api.paypal.com/v1/notifications/certs/%2e%2e%2fupload",
    "https://api.paypal.com/v1/notifications/certs/..%5c..",
    "https://api.paypal.com/v1/notifications/certs/",
    "https://api.paypal.com/v1/notifications/certs/CERT-\N{FULLWIDTH DIGIT ONE}",
    "https://api\N{FULLWIDTH FULL STOP}paypal.com/v1/notifications/certs/CERT-1",
    "https://p\N{CYRILLIC SMALL LETTER A}ypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com/v1/notifications/certs/" + "A" * 129,
    "https://169.254.169.254/latest/meta-data",
    "https://localhost/sim/paypal-certificate.pem",
    "",
]


class Authority:
    """Roots, intermediates and certificates, each signed by the one above it."""

    def __init__(self, name: str = "a root") -> None:
        self.key, self.root = self._made(name, None, authority=True)

    def _made(
        self, name: str, parent: tuple[RSAPrivateKey, x509.Certificate] | None, *, authority: bool,
        days: int = 90, dns: str = "",
    ) -> tuple[RSAPrivateKey, x509.Certificate]:  # fmt: skip
        key = generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer, issuer = (key, subject) if parent is None else (parent[0], parent[1].subject)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(NOW - timedelta(days=30))
            .not_valid_after(NOW + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .add_extension(
                x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False), True
            )
        )  # fmt: skip
        if not authority:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(dns or name)]), critical=False
            ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        return key, builder.sign(signer, SHA256())

    def issue(self, name: str, *, days: int = 90) -> tuple[RSAPrivateKey, bytes]:
        """The key and what is served for it: the certificate and the intermediate that signed it."""
        between = self._made("between", (self.key, self.root), authority=True)
        key, leaf = self._made(name, between, authority=False, days=days)
        return key, b"".join(each.public_bytes(Encoding.PEM) for each in (leaf, between[1]))


class Served:
    """What `requests.get` finds; `asked` are the addresses."""

    def __init__(self) -> None:
        self.pem = b""
        self.status = 200
        self.asked: list[str] = []

    def get(self, url: str, **_: Any) -> Any:
        self.asked.append(url)
        response = requests.Response()
        response.status_code = self.status
        response.raw = _Raw(self.pem)
        return response


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, size: int, **_: Any) -> bytes:
        return self._body[:size]

    def close(self) -> None:
        """As a connection."""

    def release_conn(self) -> None:
        """As a connection."""


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    served = Served()
    monkeypatch.setattr(requests, "get", served.get)
    return served


@pytest.fixture
def signatures(authority: Authority, tmp_path: Path) -> Signatures:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(authority.root.public_bytes(Encoding.PEM))
    return Signatures(WEBHOOK, Certificates(replace(issuer_for("live"), trusted=roots), timeout_s=1))


def headers(key: RSAPrivateKey, url: str = GOOD, *, at: datetime = NOW) -> dict[str, str]:
    signed = f"t-1|{at.isoformat()}|{WEBHOOK}|{zlib.crc32(BODY)}".encode()
    return {
        "paypal-transmission-id": "t-1", "paypal-transmission-time": at.isoformat(), "paypal-cert-url": url,
        "paypal-transmission-sig": base64.b64encode(key.sign(signed, PKCS1v15(), SHA256())).decode(),
    }  # fmt: skip


def refused(signatures: Signatures, given: dict[str, str]) -> str:
    with pytest.raises(Refused) as refusal:
        signatures.check(given, BODY, at=NOW)
    return refusal.value.code


def test_what_paypal_signed_is_believed_and_its_certificate_fetched_once(authority, served, signatures):
    key, served.pem = authority.issue(NAME)
    for _ in range(3):
        signatures.check(headers(key), BODY, at=NOW)
    assert served.asked == [GOOD]


@pytest.mark.parametrize("url", FORGED)
def test_an_address_that_is_not_paypals_is_never_connected_to(authority, served, signatures, url):
    key, served.pem = authority.issue(NAME)
    assert refused(signatures, headers(key, url)) == "bad_signature"
    assert served.asked == []


@pytest.mark.parametrize("url", FORGED)
def test_nor_by_the_adapter_as_it_is_set_up(served, url):
    key = generate_private_key(public_exponent=65537, key_size=2048)
    paypal = PayPalGateway("id", "secret", webhook_id=WEBHOOK)
    with pytest.raises(Refused) as refusal:
        paypal.notification(headers(key, url), BODY, at=NOW)
    assert refusal.value.code == "bad_signature"
    assert served.asked == []


def test_a_certificate_that_no_trusted_root_signed_is_not_believed(served, signatures):
    key, served.pem = Authority().issue(NAME)
    assert refused(signatures, headers(key)) == "bad_signature"


def test_a_certificate_that_signed_itself_is_not_believed(served):
    alone = Authority(NAME)
    served.pem = alone.root.public_bytes(Encoding.PEM)
    assert refused(Signatures(WEBHOOK, Certificates(issuer_for("live"), timeout_s=1)), headers(alone.key))


@pytest.mark.parametrize("name", ["evil.example", "api.paypal.com.evil.example", "evilpaypal.com"])
def test_a_good_certificate_of_somebody_else_is_not_believed(authority, served, signatures, name):
    key, served.pem = authority.issue(name)
    assert refused(signatures, headers(key)) == "bad_signature"


def test_a_certificate_is_believed_for_as_long_as_it_is_valid(authority, served, signatures):
    key, served.pem = authority.issue(NAME, days=1)
    signatures.check(headers(key), BODY, at=NOW)
    later = NOW + timedelta(days=2)
    with pytest.raises(Refused):
        signatures.check(headers(key, at=later), BODY, at=later)


@pytest.mark.parametrize("pem", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n", b"x" * 200_000])
def test_what_is_no_certificate_is_not_believed(authority, served, signatures, pem):
    key, _ = authority.issue(NAME)
    served.pem = pem
    assert refused(signatures, headers(key)) == "bad_signature"


@pytest.mark.parametrize("status", [301, 302, 500, 503])
def test_a_certificate_that_is_not_served_now_is_had_later_and_nobody_is_followed(
    authority, served, signatures, status
):
    key, served.pem = authority.issue(NAME)
    served.status = status
    with pytest.raises(Unavailable):
        signatures.check(headers(key), BODY, at=NOW)
    assert served.asked == [GOOD]


def test_a_stranger_who_names_ever_new_certificates_makes_few_connections(authority, served, signatures):
    key, served.pem = authority.issue(NAME)
    signatures.check(headers(key), BODY, at=NOW)
    served.status = 404
    for number in range(100):
        with pytest.raises((Refused, Unavailable)):
            signatures.check(headers(key, f"{GOOD}-{number}"), BODY, at=NOW)
    assert len(served.asked) <= 10
    signatures.check(headers(key), BODY, at=NOW), "what is known is still known"


def test_what_is_old_or_not_signed_at_all_is_not_worth_a_connection(authority, served, signatures):
    key, served.pem = authority.issue(NAME)
    assert refused(signatures, headers(key, at=NOW - timedelta(minutes=6))) == "stale_signature"
    assert refused(signatures, headers(key) | {"paypal-transmission-sig": "no"}) == "bad_signature"
    nobodys = Signatures("", Certificates(issuer_for("live"), timeout_s=1))
    assert refused(nobodys, headers(key)) == "bad_signature"
    assert served.asked == []
