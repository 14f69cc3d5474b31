"""PayPal's errors, and whose fault each is: the customer's, our request's, our set-up's, or not known. Rule: R5.8b.

A decline has consequences for the customer, so only an issue that is known as one becomes one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import requests
from paypalserversdk.exceptions.api_exception import ApiException
from paypalserversdk.exceptions.o_auth_provider_exception import OAuthProviderException

from settlement.errors import Misconfigured
from settlement.gateways.paypal.decline_codes import AMOUNT_ISSUES, FINAL_ISSUES, OTHER_ISSUES
from settlement.model.gateway.charges import AmountRefused, ChargeOutcome, Declined, TryLater, Unknown

T = TypeVar("T")
# Nothing that anybody asks for goes through until a person has put our account right.
_SET_UP = frozenset((
    "CONSENT_NEEDED", "MERCHANT_NOT_ENABLED_FOR_REFERENCE_TRANSACTION", "NOT_AUTHORIZED", "PAYEE_ACCOUNT_INVALID",
    "PAYEE_ACCOUNT_LOCKED_OR_CLOSED", "PAYEE_ACCOUNT_NO_CONFIRMED_EMAIL", "PAYEE_ACCOUNT_RESTRICTED",
    "PAYEE_NOT_CONSENTED", "PERMISSION_DENIED", "PERMISSION_NOT_GRANTED", "REFUND_FAILED_INSUFFICIENT_FUNDS",
    "REFUND_FUNDS_NOT_AVAILABLE", "REFUND_IS_RESTRICTED", "REQUIRED_SCOPE_MISSING",
    "TRANSACTION_RECEIVING_LIMIT_EXCEEDED",
))  # fmt: skip
_NOT_THERE = frozenset(("RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID", "TOKEN_NOT_FOUND", "TOKEN_ID_NOT_FOUND"))


class Refusal(NamedTuple):
    """PayPal turned the request down; this call did nothing. `issues` name why, and the kind of error comes last."""

    status: int
    issues: tuple[str, ...]

    @property
    def is_not_there(self) -> bool:
        """Does PayPal, and not something on the way to it, say that what was named is not there."""
        return self.status == 404 and not _NOT_THERE.isdisjoint(self.issues)

    def first_of(self, known: frozenset[str]) -> str | None:
        """The first issue that is among these."""
        return next((issue for issue in self.issues if issue in known), None)

    def __str__(self) -> str:
        return f"PayPal: {self.status} {', '.join(self.issues)}".strip()


def charged(call: Callable[[], ChargeOutcome]) -> ChargeOutcome:
    """What a call that charges or holds brought.

    Raises:
        Misconfigured: our set-up is refused; this call did nothing.
    """
    found = attempted(call)
    if not isinstance(found, Refusal):
        return found
    if found.is_not_there:
        return Declined("unknown_method", "PayPal does not know this vaulted account", final=True)
    if (issue := found.first_of(AMOUNT_ISSUES)) is not None:
        return AmountRefused(issue, str(found))
    # Among the others: the request's id, or the invoice, is known from before, and that call may have been taken.
    return declined(found) or Unknown(str(found))


def declined(refusal: Refusal) -> Declined | None:
    """The decline of the customer's account that a refusal is; None where it is something else."""
    issue = refusal.first_of(FINAL_ISSUES | OTHER_ISSUES)
    return None if issue is None else Declined(issue, str(refusal), final=issue in FINAL_ISSUES)


def inquired(call: Callable[[], T]) -> T | Unknown | TryLater | None:
    """What an inquiry brought; None where the object is not there. An inquiry that is refused is never a decline."""
    found = attempted(call)
    if not isinstance(found, Refusal):
        return found
    return None if found.is_not_there else Unknown(f"refused inquiry: {found}")


def attempted(call: Callable[[], T]) -> T | Unknown | TryLater | Refusal:
    """What a call brought, errors as values. What does not surely mean that nothing happened is unknown.

    Raises:
        Misconfigured: our set-up is refused; this call did nothing.
    """
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


def _refused(error: ApiException) -> TryLater | Unknown | Refusal:
    refusal = Refusal(error.response_code, _issues_of(error))
    if refusal.status == 429:
        return TryLater("PayPal: too many requests")
    if refusal.status >= 500 or refusal.status in {408, 409}:
        return Unknown(str(refusal))
    if refusal.status in {401, 403} or refusal.first_of(_SET_UP):
        raise Misconfigured(str(refusal)) from error
    return refusal


def _issues_of(error: ApiException) -> tuple[str, ...]:
    """The issues that an error names, and its own name after them; none where it is not PayPal's."""
    try:
        body = json.loads(error.response.text)
        details = [detail.get("issue") for detail in body.get("details", ())]
        return tuple(filter(None, [*details, body.get("name")]))
    except (ValueError, AttributeError, TypeError):
        return ()
