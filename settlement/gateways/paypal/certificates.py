"""The certificates by which PayPal signs its webhooks: from its own host, verified up to a root that is trusted.

A webhook names its certificate by an address. It comes from a stranger, so it is never connected to: its path is read
by one strict pattern, and the address is put together anew from PayPal's host. Rule: R5.6b.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import Certificate, DNSName, SubjectAlternativeName, load_pem_x509_certificates
from cryptography.x509.extensions import ExtensionNotFound
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from settlement.errors import Unavailable

# Letters, digits and dashes only: there is nothing in it that two parsers could read differently.
_PAYPAL_PATH = r"/v1/notifications/certs/[A-Za-z0-9][A-Za-z0-9-]{0,127}"
_STAND_IN_PATH = r"/sim/paypal-certificate\.pem"
# Of whom the certificate says that it is. PayPal signs as messageverificationcerts.paypal.com.
_THEIR_NAMES = ".paypal.com"
_MOST_BYTES = 100_000
_MOST_KEPT = 20
# Strangers can name certificates that are not there; they cannot make us knock at PayPal's door without end.
_MOST_FETCHES, _WITHIN = 10, timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Where certificates come from: `origins` that a webhook may name, each scheme, host and port, and a pattern of the
    path. `trusted`: a file of roots that they lead up to; None for a stand-in, whose certificate is its own.
    """

    origins: tuple[str, ...]
    path: str
    trusted: Path | None


def issuer_for(url: str) -> Issuer:
    """PayPal itself for `live` and `sandbox`, else the stand-in at that address."""
    roots = Path(requests.utils.DEFAULT_CA_BUNDLE_PATH)
    if url == "live":
        return Issuer(("https://api.paypal.com", "https://api-m.paypal.com"), _PAYPAL_PATH, roots)
    if url == "sandbox":
        hosts = ("https://api.sandbox.paypal.com", "https://api-m.sandbox.paypal.com")
        return Issuer(hosts, _PAYPAL_PATH, roots)
    return Issuer((url.rstrip("/"),), _STAND_IN_PATH, None)


class Certificates:
    """Public keys by the address that webhooks name, fetched once and kept until the certificate ends."""

    def __init__(self, issuer: Issuer, *, timeout_s: float) -> None:
        self._issuer = issuer
        self._path = re.compile(issuer.path, re.ASCII)
        self._timeout_s = timeout_s
        self._kept: OrderedDict[str, tuple[RSAPublicKey, datetime]] = OrderedDict()
        self._fetches: deque[datetime] = deque(maxlen=_MOST_FETCHES)
        self._lock = threading.Lock()

    def key(self, named: str, at: datetime) -> RSAPublicKey:
        """The key of the certificate that a webhook names, as of the instant `at` (UTC).

        Raises:
            ValueError: the address is not PayPal's, or what is there is no certificate of PayPal's.
            Unavailable: it cannot be had now.
        """
        url = self._address(named)
        with self._lock:
            known = self._kept.get(url)
        if known is not None and at < known[1]:
            return known[0]
        key, ends_at = self._verified(self._fetched(url, at), at)
        with self._lock:
            self._kept[url] = (key, ends_at)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return key

    def _address(self, named: str) -> str:
        for origin in self._issuer.origins:
            path = named.removeprefix(origin)
            if path != named and self._path.fullmatch(path):
                return origin + path
        raise ValueError("the certificate is not at PayPal's")

    def _fetched(self, url: str, at: datetime) -> bytes:
        with self._lock:
            if len(self._fetches) == _MOST_FETCHES and abs(at - self._fetches[0]) < _WITHIN:
                raise Unavailable("PayPal's certificate: too many have been requested within a minute")
            self._fetches.append(at)
        try:
            with requests.get(url, timeout=self._timeout_s, allow_redirects=False, stream=True) as response:
                if 400 <= response.status_code < 500:
                    raise ValueError("PayPal has no such certificate")
                if response.status_code != 200:
                    raise Unavailable(f"PayPal's certificate: HTTP {response.status_code}")
                body = response.raw.read(_MOST_BYTES + 1, decode_content=True)
        except (requests.RequestException, OSError) as error:
            raise Unavailable(f"PayPal's certificate: {type(error).__name__}") from error
        if len(body) > _MOST_BYTES:
            raise ValueError("what is there is too large for a certificate")
        return bytes(body)

    def _verified(self, pem: bytes, at: datetime) -> tuple[RSAPublicKey, datetime]:
        leaf, *others = load_pem_x509_certificates(pem)
        if self._issuer.trusted is not None:
            _verify_chain(leaf, others, self._issuer.trusted, at)
        key = leaf.public_key()
        if not isinstance(key, RSAPublicKey):
            raise ValueError("the certificate holds another kind of key")  # noqa: TRY004 - it is a bad value
        return key, leaf.not_valid_after_utc


def _verify_chain(leaf: Certificate, others: list[Certificate], trusted: Path, at: datetime) -> None:
    try:
        names = leaf.extensions.get_extension_for_class(SubjectAlternativeName).value.get_values_for_type(
            DNSName
        )
    except ExtensionNotFound:
        names = []
    theirs = next((name for name in names if name.lower().endswith(_THEIR_NAMES) and "*" not in name), None)
    if theirs is None:
        raise ValueError("the certificate is somebody else's")
    roots = Store(load_pem_x509_certificates(trusted.read_bytes()))
    try:
        PolicyBuilder().store(roots).time(at).build_server_verifier(DNSName(theirs)).verify(leaf, others)
    except VerificationError as error:
        raise ValueError(f"the certificate leads up to no trusted root: {error}") from None
