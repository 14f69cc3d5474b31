"""PayPal: orders over a vaulted account, by the official library. Rule: R5.5.

Our reference is the request id of the order, its custom id and its invoice id, which PayPal accepts once per merchant:
a second guard against charging twice. Bodies are read as JSON rather than through the library's models, which drop
fields they do not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from paypalserversdk.configuration import Configuration, Environment
from paypalserversdk.exceptions.api_exception import ApiException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from settlement.errors import Misconfigured, Refused
from settlement.gateways.paypal_errors import asked, charged, issues_of
from settlement.gateways.paypal_objects import (
    authorization_outcome,
    capture_outcome,
    order_outcome,
    ref_of,
    to_paypal,
    transaction_outcome,
)
from settlement.gateways.paypal_signatures import Signatures
from settlement.model.charge import (
    Authorized,
    ChargeOutcome,
    GatewayCharge,
    GatewayHint,
    GatewayRequest,
    NotFound,
    Succeeded,
    Unknown,
    our_reference,
)
from settlement.model.refunding import RefundOutcome, RefundRequest

_ADDRESSES = {"live": Environment.PRODUCTION, "sandbox": Environment.SANDBOX}
# The search reaches over at most 31 days at once.
_WINDOW = timedelta(days=30)
_SEARCHED = timedelta(hours=1)
_PAGE = 500


class _At(Configuration):  # type: ignore[misc]
    """The library's configuration for an address that is none of PayPal's own."""

    address = ""

    def get_base_uri(self, server: Any = None) -> str:
        return self.address


class PayPalGateway:
    """Charges vaulted PayPal accounts. `url` is `live`, `sandbox`, or the address of a stand-in."""

    name = "paypal"
    # PayPal remembers the request ids of orders for six hours.
    key_lives_for = timedelta(hours=5)
    search_lags_by = timedelta(hours=3)
    keeps_books = True

    def __init__(
        self, client_id: str, secret: str, *, url: str = "live", webhook_id: str = "", timeout_s: float = 20.0
    ) -> None:
        credentials = ClientCredentialsAuthCredentials(
            o_auth_client_id=client_id, o_auth_client_secret=secret
        )
        given: dict[str, Any] = {"timeout": timeout_s, "client_credentials_auth_credentials": credentials}
        if url in _ADDRESSES:
            configuration = Configuration(environment=_ADDRESSES[url], **given)
        else:
            configuration = _At(**given)
            configuration.address = url.rstrip("/")
        self._client = PaypalServersdkClient(config=configuration)
        self._signatures = Signatures(
            webhook_id, own_address="" if url in _ADDRESSES else url, timeout_s=timeout_s
        )

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        """Takes the amount.

        Raises:
            Misconfigured: client id, secret or permissions are wrong.
        """
        return self._order(request, "CAPTURE")

    def authorize(self, request: GatewayRequest) -> ChargeOutcome:
        """Holds the amount. Raises as `charge` does."""
        return self._order(request, "AUTHORIZE")

    def _order(self, request: GatewayRequest, intent: str) -> ChargeOutcome:
        amount = to_paypal(request.amount_minor, request.currency)
        if amount is None:
            return Unknown(f"amount_not_chargeable: PayPal takes whole {request.currency} only")
        body = {
            "intent": intent,
            "purchase_units": [
                {
                    "amount": amount,
                    "custom_id": request.reference,
                    "invoice_id": request.reference,
                }
            ],
            "payment_source": {
                "paypal": {
                    "vault_id": request.method_token,
                    "stored_credential": {"payment_initiator": "MERCHANT", "usage": "SUBSEQUENT"},
                }
            },
        }
        options = {"body": body, "paypal_request_id": request.reference, "prefer": "return=representation"}
        return charged(lambda: order_outcome(_json(self._client.orders.create_order(options))))

    def find(self, request: GatewayRequest) -> ChargeOutcome:
        """Searches the transactions of about that time for our reference. A hold that was voided is not among them."""

        def look() -> ChargeOutcome:
            since, until = request.sent_at - _SEARCHED, request.sent_at + self.key_lives_for + _SEARCHED
            found = [
                entry
                for entry in self._transactions(since, until)
                if request.reference in (entry.get("custom_field"), entry.get("invoice_id"))
            ]
            outcomes = [transaction_outcome(entry) for entry in found]
            taken = [outcome for outcome in outcomes if isinstance(outcome, (Succeeded, Authorized))]
            return next(iter(taken or outcomes), NotFound())

        # A search that is refused says nothing about the charge.
        outcome = asked(look)
        return Unknown("PayPal: the search is not there") if outcome is None else outcome

    def read(self, gateway_ref: str) -> ChargeOutcome:
        """Reads an order, a capture or an authorization again; our ids say which."""
        kind, _, its_id = gateway_ref.partition(":")

        def look() -> ChargeOutcome:
            if kind == "order":
                return order_outcome(_json(self._client.orders.get_order({"id": its_id})))
            if kind == "auth":
                found = _json(self._client.payments.get_authorized_payment({"authorization_id": its_id}))
                return authorization_outcome(found)
            return capture_outcome(_json(self._client.payments.get_captured_payment({"capture_id": its_id})))

        outcome = asked(look)
        return NotFound() if outcome is None else outcome

    def void(self, request: GatewayRequest, gateway_ref: str) -> bool:
        """Lets go of an authorization. An order that waits for its payer holds nothing and lapses by itself."""
        kind, _, its_id = gateway_ref.partition(":")
        if kind != "auth":
            return True
        try:
            self._client.payments.void_payment({"authorization_id": its_id})
        except ApiException as error:
            return any("VOIDED" in issue for issue in issues_of(error)) or error.response_code == 404
        except (requests.RequestException, OSError):
            return False
        return True

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Not built yet.

        Raises:
            Misconfigured: always.
        """
        raise Misconfigured("refunds by PayPal are not built yet")

    def find_refund(self, request: RefundRequest) -> RefundOutcome:
        """Not built yet. Raises as `refund` does."""
        return self.refund(request)

    def read_refund(self, gateway_ref: str) -> RefundOutcome:
        """Not built yet.

        Raises:
            Misconfigured: always.
        """
        raise Misconfigured("refunds by PayPal are not built yet")

    def charges_between(self, since: datetime, until: datetime) -> Iterator[GatewayCharge]:
        """Every transaction that brought money in, by when it was initiated.

        Raises:
            ApiException: PayPal cannot be asked now.
        """
        for entry in self._transactions(since, until):
            outcome = transaction_outcome(entry)
            if isinstance(outcome, Succeeded):
                yield GatewayCharge(
                    outcome.gateway_ref,
                    our_reference(entry.get("custom_field")) or our_reference(entry.get("invoice_id")),
                    outcome.amount_minor,
                    entry["transaction_amount"]["currency_code"],
                    datetime.fromisoformat(entry["transaction_initiation_date"]).astimezone(UTC),
                )

    def _transactions(self, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        start = since
        while start < until:
            end, page, pages = min(start + _WINDOW, until), 1, 1
            while page <= pages:
                found = _json(
                    self._client.transaction_search.search_transactions(
                        {
                            "start_date": _stamp(start), "end_date": _stamp(end), "fields": "transaction_info",
                            "page_size": _PAGE, "page": page,
                        }
                    )
                )  # fmt: skip
                pages, page = int(found.get("total_pages") or 1), page + 1
                for entry in found.get("transaction_details") or ():
                    yield entry["transaction_info"]
            start = end

    def hint(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> GatewayHint:
        """Checks the signature by PayPal's certificate, and its time against `at`.

        Raises:
            Refused: `bad_signature`, `stale_signature` or `bad_shape`.
        """
        self._signatures.check(headers, body, at=at)
        try:
            event = json.loads(body)
            resource = event["resource"]
            units = resource.get("purchase_units") or [{}]
            reference = resource.get("custom_id") or units[0].get("custom_id")
            return GatewayHint(
                event["id"], event["event_type"], reference, ref_of(event["resource_type"], resource)
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused("bad_shape", f"not an event of PayPal: {error}") from None


def _json(response: Any) -> dict[str, Any]:
    return dict(json.loads(response.text or "{}"))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
