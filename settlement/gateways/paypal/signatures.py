"""Signatures of PayPal's webhooks: RSA over id, time, webhook and a checksum of the body, by PayPal's certificate."""

from __future__ import annotations

import base64
import binascii
import threading
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate

from settlement.errors import Refused, Unavailable

# A webhook older than this is a replay. PayPal signs every delivery anew.
TOLERANCE = timedelta(minutes=5)
_HOST = ".paypal.com"


class Signatures:
    """Checks webhooks of one webhook id. Certificates are fetched once and kept; from PayPal's hosts only."""

    def __init__(self, webhook_id: str, *, own_address: str, timeout_s: float) -> None:
        self._webhook_id = webhook_id
        self._own_address = own_address.rstrip("/")
        self._timeout_s = timeout_s
        self._keys: dict[str, RSAPublicKey] = {}
        self._lock = threading.Lock()

    def check(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> None:
        """Is this body signed for our webhook, and now?

        Raises:
            Refused: `bad_signature` or `stale_signature`.
            Unavailable: the certificate cannot be had.
        """
        try:
            sent_id = headers["paypal-transmission-id"]
            sent_at = headers["paypal-transmission-time"]
            signature = base64.b64decode(headers["paypal-transmission-sig"], validate=True)
            when = datetime.fromisoformat(sent_at)
            key = self._key(headers["paypal-cert-url"])
            signed = f"{sent_id}|{sent_at}|{self._webhook_id}|{zlib.crc32(body)}".encode()
            key.verify(signature, signed, PKCS1v15(), SHA256())
            late = abs(at - when) > TOLERANCE
        except (KeyError, ValueError, TypeError, binascii.Error, InvalidSignature):
            raise Refused(
                "bad_signature", "the webhook is not signed by PayPal for this webhook id"
            ) from None
        if late:
            raise Refused("stale_signature", "the webhook was signed too long ago, or in the future")

    def _key(self, url: str) -> RSAPublicKey:
        if not self._is_theirs(url):
            raise ValueError("the certificate is not PayPal's")
        with self._lock:
            known = self._keys.get(url)
        if known is not None:
            return known
        try:
            answer = requests.get(url, timeout=self._timeout_s, allow_redirects=False)
            answer.raise_for_status()
        except requests.RequestException as error:
            raise Unavailable(f"PayPal's certificate: {type(error).__name__}") from error
        key = load_pem_x509_certificate(answer.content).public_key()
        if not isinstance(key, RSAPublicKey):
            raise TypeError("the certificate holds another kind of key")
        with self._lock:
            self._keys[url] = key
        return key

    def _is_theirs(self, url: str) -> bool:
        if self._own_address:
            return url.startswith(self._own_address + "/")
        parts = urlsplit(url)
        return parts.scheme == "https" and (parts.hostname or "").endswith(_HOST)
