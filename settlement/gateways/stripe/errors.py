"""Stripe's errors, and whose fault each is: the customer's, our request's, our set-up's, or not known. Rule: R5.8b.

A decline has consequences for the customer, so only what is surely one becomes one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import stripe

from settlement.errors import Misconfigured, Refused
from settlement.gateways.stripe.decline_codes import is_final
from settlement.model.gateway.charges import (
    AmountRefused,
    ChargeOutcome,
    Declined,
    RequiresAction,
    TryLater,
    Unknown,
)

T = TypeVar("T")
# Nothing that anybody asks for goes through until a person has put our account or this program right.
_SET_UP = frozenset((
    "account_invalid", "api_key_expired", "capability_not_active", "livemode_mismatch", "parameter_unknown",
    "payment_method_unactivated", "payment_method_unsupported_type", "platform_account_required",
    "platform_api_key_expired", "secret_key_required", "testmode_charges_only", "tls_version_unsupported",
    "url_invalid", "balance_insufficient",
))  # fmt: skip
# "Error codes" (https://docs.stripe.com/error-codes): below the least or above the most that it takes, which may be
# less for an account or a kind of method than what is published; or with a fraction of what it counts in.
_AMOUNTS = frozenset(("amount_too_large", "amount_too_small", "invalid_charge_amount"))
# Stripe says so when a key of one mode is used on what is of the other.
_OTHER_MODE = "a similar object exists in"
_METHOD_GONE = frozenset(
    ("payment_method_unexpected_state", "payment_method_not_available", "expired_payment_method")
)
_DETACHED = "may not be used again"


class Refusal(NamedTuple):
    """Stripe turned the request down; this call did nothing."""

    status: int
    code: str
    param: str
    message: str

    @property
    def is_about_the_method(self) -> bool:
        """Is it the customer's method, or the customer, that Stripe does not have, or not any more."""
        if self.code == "resource_missing":
            return self.param in {"payment_method", "customer"}
        about_it = self.param == "payment_method" and not self.code.startswith(
            ("parameter_", "payment_intent_")
        )
        return about_it or self.code in _METHOD_GONE or _DETACHED in self.message


def charged(call: Callable[[], ChargeOutcome]) -> ChargeOutcome:
    """What a call that charges or holds brought.

    Raises:
        Misconfigured: our set-up is refused; this call did nothing.
    """

    def tried() -> ChargeOutcome:
        try:
            return call()
        except stripe.CardError as error:
            return _declined(error)
        except Refused as refusal:
            return AmountRefused(refusal.code, refusal.message)

    found = attempted(tried)
    if not isinstance(found, Refusal):
        return found
    if found.is_about_the_method:
        return Declined(found.code or "unknown_method", found.message, final=True)
    if found.status == 404:
        raise Misconfigured(f"Stripe: {found.message}")
    if found.code in _AMOUNTS:
        return AmountRefused(found.code, found.message)
    # A parameter that it does not take: not the customer's fault, and a repeat may have found the first.
    return Unknown(f"Stripe refuses the request: {found.code} {found.message}"[:300])


def inquired(call: Callable[[], T]) -> T | Unknown | TryLater | None:
    """What an inquiry brought; None where the object is not there. An inquiry that is refused is never a decline."""
    found = attempted(call)
    if not isinstance(found, Refusal):
        return found
    return None if found.status == 404 else Unknown(f"Stripe refuses the inquiry: {found.message}"[:300])


def attempted(call: Callable[[], T]) -> T | Unknown | TryLater | Refusal:
    """What a call brought, errors as values. What does not surely mean that nothing happened is unknown.

    Raises:
        Misconfigured: our set-up is refused; this call did nothing.
    """
    try:
        return call()
    except stripe.RateLimitError:
        return TryLater("Stripe: too many requests")
    except stripe.IdempotencyError as error:
        # Also with other parameters: what became of the first call with this key is not said by it.
        return Unknown(f"Stripe: {_message(error)}")
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Misconfigured(f"Stripe: {_message(error)}") from error
    except stripe.InvalidRequestError as error:
        return _refused(error)
    except stripe.StripeError as error:
        return Unknown(f"Stripe: {type(error).__name__} {error.http_status or ''}".strip())


def _refused(error: stripe.InvalidRequestError) -> TryLater | Unknown | Refusal:
    if error.http_status == 429:
        return TryLater("Stripe: too many requests")
    if error.http_status == 409:
        return Unknown(f"Stripe: {_message(error)}")
    if error.code in _SET_UP or _OTHER_MODE in str(error):
        raise Misconfigured(f"Stripe: {_message(error)}") from error
    return Refusal(error.http_status or 0, error.code or "", str(error.param or ""), _message(error))


def _message(error: stripe.StripeError) -> str:
    return (error.user_message or str(error))[:300]


def _declined(error: stripe.CardError) -> Declined | RequiresAction:
    body: Any = error.json_body or {}
    details = body.get("error", {})
    ref = (details.get("payment_intent") or {}).get("id")
    code = details.get("decline_code") or error.code or "card_declined"
    if error.code == "authentication_required" and ref:
        return RequiresAction(ref, None)
    final = is_final(code, advice=details.get("advice_code")) or is_final(error.code or "")
    return Declined(code, _message(error), final=final, gateway_ref=ref)
