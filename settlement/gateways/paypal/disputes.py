"""PayPal's disputes: read by the library's own calls, since it brings no controller for them, and what one means.

developer.paypal.com/api/customer-disputes/v1 (Disputes API). Rule: R5.6, R5.7.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apimatic_core.authentication.multiple.single_auth import Single
from apimatic_core.request_builder import RequestBuilder
from apimatic_core.response_handler import ResponseHandler
from apimatic_core.types.parameter import Parameter
from paypalserversdk.api_helper import APIHelper
from paypalserversdk.configuration import Server
from paypalserversdk.controllers.base_controller import BaseController
from paypalserversdk.exceptions.error_exception import ErrorException
from paypalserversdk.http.http_method_enum import HttpMethodEnum
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from settlement.gateways.paypal.objects import from_paypal, is_nothing
from settlement.model.gateway.charges import our_reference
from settlement.model.gateway.reversals import Funds, Reversal, ReversalState
from settlement.model.gateway.unreadable import Unreadable

Dispute = Mapping[str, Any]
_PATH = "/v1/customer/disputes"
_PAGE = 50
_OPEN: dict[str, ReversalState] = {
    "REQUIRED_ACTION": "needs_response", "WAITING_FOR_SELLER_RESPONSE": "needs_response",
}  # fmt: skip
# `RESOLVED_WITH_PAYOUT` and `NONE` say nothing of who bears it.
_ENDS: dict[str, ReversalState] = {
    "RESOLVED_BUYER_FAVOUR": "lost", "ACCEPTED": "lost",
    "RESOLVED_SELLER_FAVOUR": "won", "DENIED": "won", "CANCELED_BY_BUYER": "won",
}  # fmt: skip
# What a movement is for that takes no part of the payment back: fees.
_FEE = "_FEE"


class _Calls(BaseController):  # type: ignore[misc]
    """GET of a path, with the token, the time limit and the errors of the library's other calls."""

    def get(self, path: str, query: Mapping[str, object]) -> dict[str, Any]:
        request = RequestBuilder().server(Server.DEFAULT).path(path).http_method(HttpMethodEnum.GET)
        request = request.header_param(Parameter().key("accept").value("application/json"))
        for name, value in query.items():
            request = request.query_param(Parameter().key(name).value(value))
        response = ResponseHandler().deserializer(APIHelper.json_deserialize).is_api_response(True)
        response = response.local_error("default", "The error response.", ErrorException)
        made = self.new_api_call_builder.request(request.auth(Single("Oauth2"))).response(response).execute()
        return dict(json.loads(made.text or "{}"))


class Disputes:
    """The disputes of an account, in full: the list shows less than each by itself."""

    def __init__(self, client: PaypalServersdkClient) -> None:
        self._calls = _Calls(client.global_configuration)

    def changed(self, since: datetime, until: datetime) -> Iterator[Dispute]:
        """Those that were made or changed in [since, until)."""
        return self._listed({"update_time_after": _stamp(since), "update_time_before": _stamp(until)})

    def of_capture(self, capture_id: str) -> Iterator[Dispute]:
        """Those over one capture."""
        return self._listed({"disputed_transaction_id": capture_id})

    def _listed(self, wanted: Mapping[str, object]) -> Iterator[Dispute]:
        wished: dict[str, object] = {**wanted, "page_size": _PAGE}
        seen: list[Mapping[str, object]] = []
        while wished not in seen:
            seen.append(wished)
            page = self._calls.get(_PATH, wished)
            for each in page.get("items") or ():
                yield self._calls.get(f"{_PATH}/{each['dispute_id']}", {})
            further = _next_of(page)
            if not further:
                return
            wished = {**wished, **further}
        raise ValueError("PayPal's list of disputes leads back to a page of it that was read before")


def _next_of(page: Mapping[str, Any]) -> dict[str, str]:
    """What the link to the next page asks for; nothing on the last page. Its address is not followed."""
    links = {link.get("rel"): link.get("href") for link in page.get("links") or ()}
    return dict(parse_qsl(urlsplit(links.get("next") or "").query))


def captures_of(dispute: Dispute) -> list[Mapping[str, Any]]:
    """The captures that a dispute is about."""
    return [each for each in dispute.get("disputed_transactions") or () if each.get("seller_transaction_id")]


def reversal_of(dispute: Dispute, capture: Mapping[str, Any], charge_ref: str) -> Reversal:
    """A dispute as it bears on one of its captures, known here as `charge_ref`."""
    state, disputed = _state(dispute), dispute["dispute_amount"]
    funds, amount, moved_at = _funds(dispute, state)
    if len(captures_of(dispute)) > 1:
        # How the sum is shared out is not said, so each counts as it was taken.
        disputed = capture.get("gross_amount") or disputed
        amount = from_paypal(disputed)
    return Reversal(
        "dispute", "paypal", _ref_of(dispute, capture), charge_ref, _reference_in(capture), None,
        amount or from_paypal(disputed), disputed["currency_code"], state, funds,
        _at(dispute["create_time"]), moved_at, str(dispute.get("reason") or ""),
    )  # fmt: skip


def unreadable_dispute(dispute: Dispute, capture: Mapping[str, Any], charge_ref: str, why: str) -> Unreadable:
    """A dispute over one of its captures of which only this can be said, and why."""
    currency = str((dispute.get("dispute_amount") or {}).get("currency_code", ""))
    ref, reference = _ref_of(dispute, capture), _reference_in(capture)
    return Unreadable("dispute", "paypal", ref, None, charge_ref, reference, currency, why)


def _ref_of(dispute: Dispute, capture: Mapping[str, Any]) -> str:
    """Our id of it: over several captures, one object of ours for each."""
    its_id = f"dispute:{dispute['dispute_id']}"
    return f"{its_id}:{capture['seller_transaction_id']}" if len(captures_of(dispute)) > 1 else its_id


def _reference_in(capture: Mapping[str, Any]) -> str | None:
    return our_reference(capture.get("custom")) or our_reference(capture.get("invoice_number"))


def _state(dispute: Dispute) -> ReversalState:
    outcome = (dispute.get("dispute_outcome") or {}).get("outcome_code", "")
    if "RESOLVED" in (dispute.get("dispute_state"), dispute.get("status")):
        return _ENDS.get(outcome, "closed")
    where = dispute.get("dispute_state") or dispute.get("status") or ""
    return _OPEN.get(where, "under_review")


def _funds(dispute: Dispute, state: ReversalState) -> tuple[Funds, int, datetime | None]:
    """What became of our money, how much of it, and when; by the movements, or where none are listed by the outcome."""
    ours = [
        move
        for move in dispute.get("fund_movements") or dispute.get("money_movements") or ()
        if (move.get("party") or move.get("affected_party")) == "SELLER"
        and not str(move.get("reason", "")).endswith(_FEE)
        and move.get("amount")
        and not is_nothing(move["amount"])
    ]
    if ours:
        debits = [from_paypal(move["amount"]) for move in ours if move.get("type") == "DEBIT"]
        back = [from_paypal(move["amount"]) for move in ours if move.get("type") == "CREDIT"]
        at = max((_at(move["initiated_time"]) for move in ours if move.get("initiated_time")), default=None)
        left = sum(debits) - sum(back)
        return ("withdrawn", left, at) if left > 0 else ("returned", sum(debits), at)
    refunded = (dispute.get("dispute_outcome") or {}).get("amount_refunded")
    if refunded and is_nothing(refunded):
        # Whoever is right: PayPal bore it.
        return "untouched", 0, None
    if state == "lost":
        return "withdrawn", from_paypal(refunded) if refunded else 0, _at(dispute["update_time"])
    return "untouched", 0, None


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
