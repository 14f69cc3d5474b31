"""Signatures of PayPal's webhooks: RSA over id, time, webhook and a checksum of the body, by PayPal's certificate."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from settlement.errors import Refused
from settlement.gateways.paypal.certificates import Certificates

# A webhook older than this is a replay. PayPal signs every delivery anew.
TOLERANCE = timedelta(minutes=5)


class Signatures:
    """Checks webhooks of one webhook id; without one there is nothing that could be signed for us."""

    def __init__(
        self, webhook_id: str, certificates: Certificates, *, tolerance: timedelta = TOLERANCE
    ) -> None:
        self._webhook_id = webhook_id
        self._certificates = certificates
        self._tolerance = tolerance

    def check(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> None:
        """Is this body signed for our webhook, and now?

        Raises:
            Refused: `bad_signature` or `stale_signature`.
            Unavailable: the certificate cannot be had.
        """
        if not self._webhook_id:
            raise _unsigned()
        try:
            sent_id, sent_at = headers["paypal-transmission-id"], headers["paypal-transmission-time"]
            signature = base64.b64decode(headers["paypal-transmission-sig"], validate=True)
            # Before anything is fetched for it: a repeat of long ago is not worth a connection.
            if abs(at - datetime.fromisoformat(sent_at)) > self._tolerance:
                raise Refused("stale_signature", "the webhook was signed too long ago, or in the future")
            key = self._certificates.key(headers["paypal-cert-url"], at)
            signed = f"{sent_id}|{sent_at}|{self._webhook_id}|{zlib.crc32(body)}".encode()
            key.verify(signature, signed, PKCS1v15(), SHA256())
        except (KeyError, ValueError, TypeError, binascii.Error, InvalidSignature):
            raise _unsigned() from None


def _unsigned() -> Refused:
    return Refused("bad_signature", "the webhook is not signed by PayPal for this webhook id")
