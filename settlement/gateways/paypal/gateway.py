"""PayPal: orders over a vaulted account, by the official library. Rule: R5.5.

Our reference is the request id of the order, its custom id and its invoice id, which PayPal accepts once per merchant:
a second guard against charging twice. Bodies are read as JSON rather than through the library's models, which drop
fields they do not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import requests
from paypalserversdk.configuration import Configuration, Environment
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient
from requests.adapters import HTTPAdapter

from settlement.errors import Refused
from settlement.gateways.lists import read_each
from settlement.gateways.paypal.certificates import Certificates, issuer_for
from settlement.gateways.paypal.errors import Refusal, attempted, charged, declined, inquired
from settlement.gateways.paypal.objects import (
    authorization_outcome,
    capture_outcome,
    carries,
    charge_refs_of,
    order_outcome,
    ref_of,
    to_paypal,
    transaction_outcome,
)
from settlement.gateways.paypal.refunds import PayPalRefunds
from settlement.gateways.paypal.reversals import PayPalReversals
from settlement.gateways.paypal.search import (
    Entry,
    initiated_at,
    is_named,
    kind_of,
    our_reference_in,
    transactions,
    unreadable_entry,
)
from settlement.gateways.paypal.signatures import TOLERANCE, Signatures
from settlement.model.gateway.charges import (
    AmountRefused,
    Authorized,
    ChargeOutcome,
    Declined,
    GatewayCharge,
    GatewayRequest,
    NotFound,
    Notification,
    Succeeded,
    TryLater,
    Unknown,
)
from settlement.model.gateway.refund_calls import RefundOutcome, RefundRequest
from settlement.model.gateway.reversals import Reversal, ReversalsOutcome
from settlement.model.gateway.unreadable import Unreadable

_ADDRESSES = {"live": Environment.PRODUCTION, "sandbox": Environment.SANDBOX}
# More than threads of a process ever call at once.
_CONNECTIONS = 100
# Around the instant of sending: clocks differ, and a process may have waited for its turn.
_SEARCHED = timedelta(hours=1)


def _session() -> requests.Session:
    """Connections for all threads of a process, which share one client; it keeps ten by default, and throws away, with
    a warning, those of the others.
    """
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS))
    return session


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
    # Authorizations are valid for 29 days.
    holds_lapse_after = timedelta(days=30)
    keeps_books = True

    def __init__(
        self,
        client_id: str,
        secret: str,
        *,
        url: str = "live",
        webhook_id: str = "",
        timeout_s: float = 20.0,
        webhook_tolerance: timedelta = TOLERANCE,
    ) -> None:
        credentials = ClientCredentialsAuthCredentials(
            o_auth_client_id=client_id, o_auth_client_secret=secret
        )
        given: dict[str, Any] = {
            "timeout": timeout_s, "client_credentials_auth_credentials": credentials,
            "http_client_instance": _session(),
        }  # fmt: skip
        if url in _ADDRESSES:
            configuration = Configuration(environment=_ADDRESSES[url], **given)
        else:
            configuration = _At(**given)
            configuration.address = url.rstrip("/")
        self._client = PaypalServersdkClient(config=configuration)
        self._refunds = PayPalRefunds(self._client)
        self._reversals = PayPalReversals(self._client, self._refunds)
        certificates = Certificates(issuer_for(url), timeout_s=timeout_s)
        self._signatures = Signatures(webhook_id, certificates, tolerance=webhook_tolerance)

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
            return AmountRefused("amount_not_chargeable", f"PayPal takes whole {request.currency} only")
        body = {
            "intent": intent,
            "purchase_units": [
                {"amount": amount, "custom_id": request.reference, "invoice_id": request.reference}
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
        """Searches the transactions of about that time for our reference. A hold that is found is read again."""

        def inquire() -> ChargeOutcome:
            since, until = request.sent_at - _SEARCHED, request.sent_at + self.key_lives_for + _SEARCHED
            found = [
                self._found(entry, request.reference)
                for entry in transactions(self._client, since, until)
                if is_named(entry, request.reference)
            ]
            outcomes = [outcome for outcome in found if not isinstance(outcome, NotFound)]
            charged = [outcome for outcome in outcomes if isinstance(outcome, (Succeeded, Authorized))]
            return next(iter(charged or outcomes), NotFound())

        # A search that is refused says nothing about the charge.
        outcome = inquired(inquire)
        return Unknown("PayPal: the search is not there") if outcome is None else outcome

    def _found(self, entry: Entry, reference: str) -> ChargeOutcome:
        match kind_of(entry):
            case "payment":
                return transaction_outcome(entry)
            case "authorization":
                return self.read(f"auth:{entry['transaction_id']}", reference)
            case _:
                return NotFound()

    def read(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        """Reads an order, a capture or an authorization again; our ids say which. It is ours by its custom id."""
        kind, _, its_id = gateway_ref.partition(":")

        def inquire() -> ChargeOutcome:
            match kind:
                case "order":
                    found, outcome = (order := self._order_of(its_id)), order_outcome(order)
                case "auth":
                    found, outcome = (hold := self._authorization_of(its_id)), authorization_outcome(hold)
                case _:
                    found, outcome = (charged := self._capture_of(its_id)), capture_outcome(charged)
            return outcome if carries(found, reference) else NotFound()

        outcome = NotFound() if kind == "refund" else inquired(inquire)
        return NotFound() if outcome is None else outcome

    def capture_confirmed(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        """Captures an order that its payer has approved; nothing is taken before that."""
        kind, _, its_id = gateway_ref.partition(":")
        if kind != "order":
            return self.read(gateway_ref, reference)
        order = inquired(lambda: self._order_of(its_id))
        if isinstance(order, (Unknown, TryLater)):
            return order
        if order is None or not carries(order, reference):
            return NotFound()
        if order["status"] != "APPROVED":
            return order_outcome(order)
        options = {
            "id": its_id, "body": {}, "paypal_request_id": f"capture-{its_id}", "prefer": "return=representation"
        }  # fmt: skip
        found = attempted(lambda: order_outcome(_json(self._client.orders.capture_order(options))))
        if not isinstance(found, Refusal):
            return found
        # Captured by somebody else at the same time, or not approved any more: the order says.
        return declined(found) or self.read(gateway_ref, reference)

    def _order_of(self, order_id: str) -> dict[str, Any]:
        return _json(self._client.orders.get_order({"id": order_id}))

    def _authorization_of(self, its_id: str) -> dict[str, Any]:
        return _json(self._client.payments.get_authorized_payment({"authorization_id": its_id}))

    def _capture_of(self, capture_id: str) -> dict[str, Any]:
        return _json(self._client.payments.get_captured_payment({"capture_id": capture_id}))

    def void(self, request: GatewayRequest, gateway_ref: str) -> bool:
        """Lets go of an authorization. An order that waits for its payer holds nothing and lapses by itself.

        Raises:
            Misconfigured: as `charge`.
        """
        kind, _, its_id = gateway_ref.partition(":")
        if kind != "auth":
            return True
        found = attempted(lambda: self._client.payments.void_payment({"authorization_id": its_id}))
        if isinstance(found, Refusal):
            # Voided before, expired, or never there.
            return isinstance(self.read(gateway_ref, request.reference), (Declined, NotFound))
        return not isinstance(found, (Unknown, TryLater))

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Gives back a part or all of a capture.

        Raises:
            Misconfigured: client id, secret or permissions are wrong, or our balance does not suffice.
        """
        return self._refunds.refund(request)

    def find_refund(self, request: RefundRequest) -> RefundOutcome:
        """Looks through the refunds of the capture, then through the transactions. Raises as `refund` does."""
        return self._refunds.find(request)

    def read_refund(self, gateway_ref: str) -> RefundOutcome:
        """Reads one refund again. Raises as `refund` does."""
        return self._refunds.read(gateway_ref)

    def charges_between(self, since: datetime, until: datetime) -> Iterator[GatewayCharge | Unreadable]:
        """Every transaction that brought money in, by when it was initiated.

        Raises:
            ApiException: PayPal cannot be reached now.
        """
        for entry in transactions(self._client, since, until):
            if kind_of(entry) == "payment":
                charge = read_each(partial(_charge_in, entry), partial(unreadable_entry, entry))
                if charge is not None:
                    yield charge

    def reversals_between(self, since: datetime, until: datetime) -> Iterator[Reversal | Unreadable]:
        """Disputes made or changed, and refunds made. Raises as `charges_between` does."""
        return self._reversals.between(since, until)

    def reversals_of(self, charge_ref: str) -> ReversalsOutcome:
        """Those of one capture. Raises as `refund` does."""
        return self._reversals.of_charge(charge_ref)

    def notification(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Notification:
        """Checks the signature by PayPal's certificate, and its time against `at`.

        Raises:
            Refused: `bad_signature`, `stale_signature` or `bad_shape`.
        """
        self._signatures.check(headers, body, at=at)
        try:
            event = json.loads(body)
            resource = event["resource"]
            units = resource.get("purchase_units") or [{}]
            reference, kind = resource.get("custom_id") or units[0].get("custom_id"), event["resource_type"]
            of_charges = charge_refs_of(event["event_type"], kind, resource)
            return Notification(
                event["id"], event["event_type"], reference, ref_of(kind, resource),
                next(iter(of_charges), None), of_charges[1:],
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused("bad_shape", f"not an event of PayPal: {error}") from None


def _charge_in(entry: Entry) -> GatewayCharge | None:
    """A transaction as a line of PayPal's books; None where it brought nothing."""
    outcome = transaction_outcome(entry)
    if not isinstance(outcome, Succeeded):
        return None
    return GatewayCharge(
        outcome.gateway_ref, our_reference_in(entry), outcome.amount_minor,
        entry["transaction_amount"]["currency_code"], initiated_at(entry),
    )  # fmt: skip


def _json(response: Any) -> dict[str, Any]:
    return dict(json.loads(response.text or "{}"))
