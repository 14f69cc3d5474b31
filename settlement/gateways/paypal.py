"""PayPal: orders over a vaulted account, by the official library. Rule: R5.5.

Our reference is the request id of the order, its custom id and its invoice id, which PayPal accepts once per merchant:
a second guard against charging twice. Bodies are read as JSON rather than through the library's models, which drop
fields they do not know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from paypalserversdk.configuration import Configuration, Environment
from paypalserversdk.exceptions.api_exception import ApiException
from paypalserversdk.exceptions.o_auth_provider_exception import OAuthProviderException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from settlement.errors import Misconfigured, Refused
from settlement.gateways.paypal_signatures import Signatures
from settlement.model.charge import (
    Authorized,
    ChargeOutcome,
    Declined,
    GatewayCharge,
    GatewayHint,
    GatewayRequest,
    NotFound,
    RequiresAction,
    Succeeded,
    TryLater,
    Unknown,
)
from settlement.model.money import decimal_text, exponent_of, parse_amount
from settlement.model.refunding import RefundOutcome, RefundRequest

_ADDRESSES = {"live": Environment.PRODUCTION, "sandbox": Environment.SANDBOX}
# PayPal takes no decimals in these, although ISO 4217 gives them some.
_WHOLE_ONLY = frozenset(("HUF", "TWD"))
# What a decline means for the next try with the same account.
_HARD = frozenset(
    (
        "PAYEE_BLOCKED_TRANSACTION",
        "PAYER_ACCOUNT_RESTRICTED",
        "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
        "RESOURCE_NOT_FOUND",
    )
)
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
        if request.currency in _WHOLE_ONLY and request.amount_minor % 10 ** exponent_of(request.currency):
            return Declined("amount_not_chargeable", f"PayPal takes whole {request.currency} only", hard=True)
        amount = decimal_text(request.amount_minor, request.currency)
        if request.currency in _WHOLE_ONLY:
            amount = amount.partition(".")[0]
        body = {
            "intent": intent,
            "purchase_units": [
                {
                    "amount": {"currency_code": request.currency, "value": amount},
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
        outcome = _answered(lambda: _order_outcome(_json(self._client.orders.create_order(options))))
        if isinstance(outcome, NotFound):
            return Declined("unknown_method", "PayPal does not know this vaulted account", hard=True)
        return outcome

    def find(self, request: GatewayRequest) -> ChargeOutcome:
        """Searches the transactions of about that time for our reference. A hold that was voided is not among them."""

        def look() -> ChargeOutcome:
            since, until = request.sent_at - _SEARCHED, request.sent_at + self.key_lives_for + _SEARCHED
            found = [
                entry
                for entry in self._transactions(since, until)
                if request.reference in (entry.get("custom_field"), entry.get("invoice_id"))
            ]
            outcomes = [_transaction_outcome(entry) for entry in found]
            taken = [outcome for outcome in outcomes if isinstance(outcome, (Succeeded, Authorized))]
            return next(iter(taken or outcomes), NotFound())

        # A search that is refused says nothing about the charge.
        outcome = _asked(look)
        return Unknown("PayPal: the search is not there") if outcome is None else outcome

    def read(self, gateway_ref: str) -> ChargeOutcome:
        """Reads an order, a capture or an authorization again; our ids say which."""
        kind, _, its_id = gateway_ref.partition(":")

        def look() -> ChargeOutcome:
            if kind == "order":
                return _order_outcome(_json(self._client.orders.get_order({"id": its_id})))
            if kind == "auth":
                found = _json(self._client.payments.get_authorized_payment({"authorization_id": its_id}))
                return _authorization_outcome(found)
            return _capture_outcome(_json(self._client.payments.get_captured_payment({"capture_id": its_id})))

        outcome = _asked(look)
        return NotFound() if outcome is None else outcome

    def void(self, request: GatewayRequest, gateway_ref: str) -> bool:
        """Lets go of an authorization. An order that waits for its payer holds nothing and lapses by itself."""
        kind, _, its_id = gateway_ref.partition(":")
        if kind != "auth":
            return True
        try:
            self._client.payments.void_payment({"authorization_id": its_id})
        except ApiException as error:
            return "VOIDED" in _issues(error) or error.response_code == 404
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
            outcome = _transaction_outcome(entry)
            if isinstance(outcome, Succeeded):
                yield GatewayCharge(
                    outcome.gateway_ref,
                    entry.get("custom_field") or entry.get("invoice_id"),
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
                event["id"], event["event_type"], reference, _ref_of(event["resource_type"], resource)
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused("bad_shape", f"not an event of PayPal: {error}") from None


def _json(response: Any) -> dict[str, Any]:
    return dict(json.loads(response.text or "{}"))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ref_of(kind: str, resource: Mapping[str, Any]) -> str | None:
    prefixes = {"capture": "capture", "authorization": "auth", "checkout-order": "order"}
    return f"{prefixes[kind]}:{resource['id']}" if kind in prefixes else None


def _minor(amount: Mapping[str, str]) -> int:
    return parse_amount(amount["value"], amount["currency_code"])


def _order_outcome(order: Mapping[str, Any]) -> ChargeOutcome:
    """What the state of an order, and of what it captured or holds, means for the money."""
    ref = f"order:{order['id']}"
    if order["status"] == "PAYER_ACTION_REQUIRED":
        links = {link.get("rel"): link.get("href") for link in order.get("links", ())}
        return RequiresAction(ref, links.get("payer-action"))
    payments = (order.get("purchase_units") or [{}])[0].get("payments", {})
    if captures := payments.get("captures"):
        return _capture_outcome(captures[0])
    if held := payments.get("authorizations"):
        return _authorization_outcome(held[0])
    if order["status"] == "VOIDED":
        return Declined("VOIDED", "the order was voided", hard=False, gateway_ref=ref)
    return Unknown(f"PayPal: the order is {order['status']}")


def _capture_outcome(capture: Mapping[str, Any]) -> ChargeOutcome:
    ref = f"capture:{capture['id']}"
    if capture["status"] in {"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"}:
        return Succeeded(ref, _minor(capture["amount"]))
    if capture["status"] in {"DECLINED", "FAILED"}:
        return Declined(capture["status"], "the capture was not made", hard=False, gateway_ref=ref)
    return Unknown(f"PayPal: the capture is {capture['status']}")


def _authorization_outcome(held: Mapping[str, Any]) -> ChargeOutcome:
    ref = f"auth:{held['id']}"
    if held["status"] == "CREATED":
        return Authorized(ref)
    if held["status"] in {"DENIED", "VOIDED", "EXPIRED"}:
        return Declined(held["status"], "nothing is held", hard=False, gateway_ref=ref)
    return Unknown(f"PayPal: the authorization is {held['status']}")


def _transaction_outcome(entry: Mapping[str, Any]) -> ChargeOutcome:
    status, amount = entry.get("transaction_status"), entry["transaction_amount"]
    if status in {"S", "V"} and not amount["value"].startswith("-"):
        return Succeeded(f"capture:{entry['transaction_id']}", _minor(amount))
    return Unknown(f"PayPal: the transaction is {status}")


def _answered(call: Callable[[], ChargeOutcome]) -> ChargeOutcome:
    """PayPal's errors as outcomes. What does not surely mean that nothing was taken is unknown."""
    try:
        return call()
    except OAuthProviderException as error:
        if error.response_code in {400, 401, 403}:
            raise Misconfigured("PayPal: client id and secret are refused") from error
        return TryLater("PayPal: no access token could be had")
    except ApiException as error:
        return _refused(error)
    except (requests.RequestException, OSError) as error:
        return Unknown(f"PayPal: {type(error).__name__}")


def _asked(call: Callable[[], ChargeOutcome]) -> ChargeOutcome | None:
    """What a question brought; None where the object is not there. A question that is refused is never a decline."""
    found: list[ChargeOutcome] = []

    def ask() -> ChargeOutcome:
        found.append(call())
        return found[0]

    outcome = _answered(ask)
    if found or isinstance(outcome, (Unknown, TryLater)):
        return outcome
    if isinstance(outcome, NotFound):
        return None
    return Unknown(f"PayPal refuses the question: {outcome}"[:300])


def _refused(error: ApiException) -> ChargeOutcome:
    status, issues = error.response_code, _issues(error)
    if status == 429:
        return TryLater("PayPal: too many requests")
    if status in {401, 403}:
        raise Misconfigured(f"PayPal: {issues or status}") from error
    if status >= 500 or status in {408, 409} or "DUPLICATE_INVOICE_ID" in issues:
        return Unknown(f"PayPal: {status} {issues}".strip())
    if status == 404:
        return NotFound()
    code = issues.split(",")[0] or f"HTTP_{status}"
    if code == "PAYER_ACTION_REQUIRED":
        return Declined(code, "the payer has to approve it again", hard=False)
    return Declined(code, f"PayPal refuses it: {issues}", hard=status != 422 or code in _HARD)


def _issues(error: ApiException) -> str:
    """The issues that an error names, separated by commas."""
    try:
        body = json.loads(error.response.text)
    except (ValueError, AttributeError):
        return ""
    found = [detail.get("issue", "") for detail in body.get("details", ())] or [body.get("name", "")]
    return ",".join(filter(None, found))
