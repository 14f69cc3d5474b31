"""The stand-in as an HTTP client sees it, without any provider's library."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.support.gateways.gatewaysim import GatewaySim


class Calls:
    """Plain calls to a running stand-in."""

    def __init__(self, sim: GatewaySim) -> None:
        # A connection for each call: whatever the one before did to its connection is no concern of the next.
        self.http = httpx.Client(
            base_url=sim.url,
            timeout=10,
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"Authorization": "Bearer sim"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    # ------------------------------------------------------------------------------------------- Stripe
    def stripe(self, path: str, *, key: str = "", **form: Any) -> httpx.Response:
        """A POST to Stripe's API."""
        headers = {"Authorization": "Bearer sk_test_sim"} | ({"Idempotency-Key": key} if key else {})
        return self.http.post(f"/v1/{path}", data=form, headers=headers)

    def stripe_get(self, path: str, **query: Any) -> httpx.Response:
        """A GET of Stripe's API."""
        return self.http.get(f"/v1/{path}", params=query, headers={"Authorization": "Bearer sk_test_sim"})

    def intent(
        self, token: str = "pm_card_visa", *, key: str = "", reference: str = "r", **more: Any
    ) -> httpx.Response:
        """Charges 12.34 USD, unless told otherwise."""
        plain = {
            "amount": "1234", "currency": "usd", "payment_method": token, "confirm": "true", "off_session": "true",
            "metadata[settle_reference]": reference,
        }  # fmt: skip
        return self.stripe("payment_intents", key=key, **(plain | more))

    # ------------------------------------------------------------------------------------------- PayPal
    def order(
        self,
        token: str = "vault_ok",
        *,
        key: str | None = None,
        reference: str | None = None,
        value: str = "12.34",
        currency: str = "USD",
        intent: str = "CAPTURE",
    ) -> httpx.Response:
        """Charges a vaulted account, under a request id of its own unless one is given; an empty one is left out."""
        key = str(uuid4()) if key is None else key
        reference = key if reference is None else reference
        body = {
            "intent": intent,
            "purchase_units": [
                {
                    "amount": {"currency_code": currency, "value": value},
                    "custom_id": reference, "invoice_id": reference,
                }
            ],
            "payment_source": {"paypal": {"vault_id": token}},
        }  # fmt: skip
        return self.http.post(
            "/v2/checkout/orders", json=body, headers={"PayPal-Request-Id": key} if key else {}
        )
