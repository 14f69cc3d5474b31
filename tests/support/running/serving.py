"""`settle serve` as a process of its own, and webhooks of Stripe to tell it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.running.processes import PATIENCE_S, Deployment, Process, wait_for

SECRET = "whsec_sim"
MOST_BYTES = 5000
SETUP = {
    "SETTLE_GATEWAYS__STRIPE_KEY": "sk_test_sim",
    "SETTLE_GATEWAYS__STRIPE_WEBHOOK_SECRETS": f'["{SECRET}"]',
    "SETTLE_GATEWAYS__PAYPAL_CLIENT_ID": "sim",
    "SETTLE_GATEWAYS__PAYPAL_SECRET": "sim",
    "SETTLE_GATEWAYS__SANDBOX": "1",
    "SETTLE_SERVE__MAX_BODY_BYTES": str(MOST_BYTES),
}


@dataclass
class Served:
    """A running server."""

    made: Deployment
    popen: subprocess.Popen[bytes]
    out: Path
    log: Path
    address: tuple[str, int]

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and JSON of one request on a connection of its own."""
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, headers or {}, encode_chunked=not isinstance(body, bytes))
            answer = connection.getresponse()
            text = answer.read()
            is_json = answer.headers.get_content_subtype().endswith("json")
            return answer.status, json.loads(text) if is_json else text
        finally:
            connection.close()

    def tell(self, body: bytes, **signing: Any) -> tuple[int, Any]:
        """A webhook of Stripe."""
        return self.ask("POST", "/webhooks/stripe", body, signed(body, **signing))

    def kept(self, prefix: str) -> list[str]:
        """Ids of the webhooks that were kept, in the order in which they came."""
        found = self.made.rows(
            "SELECT event_id FROM gateway_event WHERE event_id LIKE :like ORDER BY received_at",
            like=f"{prefix}%",
        )
        return [row[0] for row in found]

    def logged(self) -> str:
        """Everything it said."""
        return self.out.read_text() + self.log.read_text()


@contextmanager
def serving(made: Deployment, name: str, **extra: str) -> Iterator[Served]:
    out, log = made.state_dir / f"{name}.out", made.state_dir / f"{name}.log"
    command = [sys.executable, "-c", "from interfaces.cli.main import main; main()", "serve", "--port", "0"]
    with out.open("wb") as said, log.open("wb") as logged:
        popen = subprocess.Popen(command, env=made.environment | SETUP | extra, stdout=said, stderr=logged)
    running = Process(popen, log)
    try:
        wait_for(lambda: "settle serve listens on " in out.read_text(), running)
        url = urlsplit(out.read_text().splitlines()[0].split()[-1])
        yield Served(made, popen, out, log, (str(url.hostname), int(url.port or 0)))
    finally:
        if popen.poll() is None:
            running.terminate()


def event(event_id: str, kind: str = "payment_intent.succeeded", **more: Any) -> bytes:
    intent = {"id": "pi_1", "object": "payment_intent", "metadata": {"settle_reference": "r-1"}}
    told = {"id": event_id, "object": "event", "type": kind, "data": {"object": intent}}
    return json.dumps(told | more).encode()


def signed(body: bytes, *, secret: str = SECRET, age_s: int = 0) -> dict[str, str]:
    stamp = int(time.time()) - age_s
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={stamp},v1={mac}", "Content-Type": "application/json"}
