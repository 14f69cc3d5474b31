"""PayPal's refunds of captures. Rule: R7.3, R5.8b.

Our reference is the request id, which PayPal keeps for 45 days, and the refund's custom id and invoice id.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from settlement.gateways.paypal.errors import Refusal, attempted, inquired
from settlement.gateways.paypal.objects import from_paypal, to_paypal
from settlement.gateways.paypal.search import is_named, kind_of, transactions
from settlement.gateways.refund_refusals import failed_unless_made
from settlement.model.gateway.charges import NotFound, TryLater, Unknown
from settlement.model.gateway.refund_calls import (
    GivenBackAlready,
    Refunded,
    RefundFailed,
    RefundOutcome,
    RefundPending,
    RefundRequest,
)

# Nothing of the capture can be given back that way, now or later.
_FOR_GOOD = frozenset((
    "MAX_NUMBER_OF_REFUNDS_EXCEEDED", "PARTIAL_REFUND_NOT_ALLOWED", "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
    "PAYER_ACCOUNT_RESTRICTED", "REFUND_AMOUNT_TOO_LOW", "REFUND_FAILED_BY_PAYMENT_SOURCE", "REFUND_NOT_ALLOWED",
    "REFUND_NOT_SUPPORTED_FOR_PAYMENT_SOURCE", "REFUND_REFUSED_BY_PROCESSOR",
    "REFUND_TIME_EXCEEDED_FOR_PAYMENT_SOURCE", "REFUND_TIME_LIMIT_EXCEEDED", "REFUND_TRANSACTION_REFUSED",
    "TRANSACTION_REFUSED",
))  # fmt: skip
# PayPal gave it back by itself, or holds it for a dispute: whoever asks for no more than our books say is left of a
# capture is told so for no other reason. Rule: R5.9f.
_GONE = frozenset((
    "CAPTURE_DISPUTED_PARTIAL_REFUND_NOT_ALLOWED", "CAPTURE_FULLY_REFUNDED", "MAX_REFUND_LIMIT_EXCEEDED",
    "REFUND_AMOUNT_EXCEEDED", "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK", "TRANSACTION_DISPUTED",
))  # fmt: skip
# Around the instant of sending, and for as long as it may have been repeated.
_BEFORE, _AFTER = timedelta(hours=1), timedelta(hours=6)


class PayPalRefunds:
    """Refunds over the library's client. What it raises and when is said at the port."""

    def __init__(self, client: PaypalServersdkClient) -> None:
        self._client = client

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Gives back a part or all of a capture."""
        amount = to_paypal(request.amount_minor, request.currency)
        if amount is None:
            return RefundFailed("amount_not_refundable", f"PayPal takes whole {request.currency} only")
        body = {"amount": amount, "custom_id": request.reference, "invoice_id": request.reference}

        def give_back() -> RefundOutcome:
            response = self._client.payments.refund_captured_payment(
                {
                    "capture_id": self._capture_id(request.charge_ref), "body": body,
                    "paypal_request_id": request.reference, "prefer": "return=representation",
                }
            )  # fmt: skip
            return _outcome(_json(response))

        found = attempted(give_back)
        if not isinstance(found, Refusal):
            return found
        if found.is_not_there:
            return RefundFailed("charge_not_found", str(found))
        if (issue := found.first_of(_GONE)) is not None:
            return failed_unless_made(GivenBackAlready(issue, str(found)), self.find(request))
        if (issue := found.first_of(_FOR_GOOD)) is not None:
            return failed_unless_made(RefundFailed(issue, str(found)), self.find(request))
        return Unknown(str(found))

    def _capture_id(self, charge_ref: str) -> str:
        """PayPal's own id of the capture behind our id of a charge."""
        kind, colon, its_id = charge_ref.partition(":")
        if kind != "order":
            return its_id if colon else charge_ref
        order = _json(self._client.orders.get_order({"id": its_id}))
        captures = [capture for payments in _payments(order) for capture in payments.get("captures", ())]
        return str(captures[0]["id"]) if captures else its_id

    def find(self, request: RefundRequest) -> RefundOutcome:
        """Looks through the refunds of the capture's order, and then through the transactions of about that time."""

        def inquire() -> RefundOutcome:
            outcomes = [_outcome(found) for found in self._of_the_order(request)]
            outcomes = outcomes or [self.read(ref) for ref in self._searched(request)]
            given = [outcome for outcome in outcomes if isinstance(outcome, (Refunded, RefundPending))]
            return next(iter(given or outcomes), NotFound())

        # An inquiry that is refused says nothing about the refund.
        outcome = inquired(inquire)
        return Unknown("PayPal: the capture is not there") if outcome is None else outcome

    def _of_the_order(self, request: RefundRequest) -> list[dict[str, Any]]:
        return [
            found
            for found in self.listed(self.capture(request.charge_ref)) or ()
            if request.reference in (found.get("custom_id"), found.get("invoice_id"))
        ]

    def capture(self, charge_ref: str) -> dict[str, Any]:
        """The capture behind our id of a charge.

        Raises:
            ApiException: PayPal does not know it, or cannot be reached now.
        """
        capture_id = self._capture_id(charge_ref)
        return _json(self._client.payments.get_captured_payment({"capture_id": capture_id}))

    def listed(self, capture: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """Every refund of a capture's order; None where that is not to be had: orders are kept for a shorter time."""
        order_id = capture.get("supplementary_data", {}).get("related_ids", {}).get("order_id")
        order = inquired(lambda: _json(self._client.orders.get_order({"id": order_id}))) if order_id else None
        if order is None or isinstance(order, (Unknown, TryLater)):
            return None
        return [found for payments in _payments(order) for found in payments.get("refunds", ())]

    def _searched(self, request: RefundRequest) -> Iterator[str]:
        for entry in transactions(self._client, request.sent_at - _BEFORE, request.sent_at + _AFTER):
            if kind_of(entry) == "refund" and is_named(entry, request.reference):
                yield f"refund:{entry['transaction_id']}"

    def read(self, gateway_ref: str) -> RefundOutcome:
        """Reads one refund again."""
        its_id = gateway_ref.removeprefix("refund:")
        outcome = inquired(lambda: _outcome(_json(self._client.payments.get_refund({"refund_id": its_id}))))
        return NotFound() if outcome is None else outcome


def _payments(order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [unit.get("payments", {}) for unit in order.get("purchase_units", ())]


def _json(response: Any) -> dict[str, Any]:
    return dict(json.loads(response.text or "{}"))


def _outcome(refund: Mapping[str, Any]) -> RefundOutcome:
    """What the state of a refund means for the money."""
    ref = f"refund:{refund['id']}"
    match refund["status"]:
        case "COMPLETED":
            return Refunded(ref, from_paypal(refund["amount"]))
        case "PENDING":
            return RefundPending(ref)
        case "FAILED" | "CANCELLED":
            reason = refund.get("status_details", {}).get("reason", "it was not made")
            return RefundFailed(refund["status"], str(reason))
        case status:
            return Unknown(f"PayPal: the refund is {status}")
