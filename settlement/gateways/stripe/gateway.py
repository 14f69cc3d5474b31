"""Stripe: PaymentIntents confirmed off-session, by the official library. Rule: R5.5.

Our reference is the idempotency key and the intent's metadata, so the intent can be found when the key is forgotten.
The library's own retries are off: what is asked again, and when, is decided by the attempt's row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import stripe

from settlement.errors import Refused
from settlement.gateways.lists import read_each
from settlement.gateways.refund_refusals import failed_unless_made
from settlement.gateways.stripe.amounts import to_stripe
from settlement.gateways.stripe.errors import charged, inquired
from settlement.gateways.stripe.objects import (
    PAGE,
    REFERENCE,
    charge_in,
    charge_of,
    charge_outcome,
    created,
    reference_of,
    unreadable,
)
from settlement.gateways.stripe.refunds import CHARGE_NOT_FOUND, refund_outcome, refunded
from settlement.gateways.stripe.reversals import StripeReversals
from settlement.model.gateway.charges import (
    Authorized,
    ChargeOutcome,
    GatewayCharge,
    GatewayRequest,
    NotFound,
    Notification,
    RequiresAction,
    Succeeded,
    TryLater,
    Unknown,
)
from settlement.model.gateway.refund_calls import (
    GivenBackAlready,
    Refunded,
    RefundFailed,
    RefundOutcome,
    RefundPending,
    RefundRequest,
)
from settlement.model.gateway.reversals import Reversal, ReversalsOutcome
from settlement.model.gateway.unreadable import Unreadable

# A webhook older than this is a replay.
TOLERANCE = timedelta(minutes=5)
# Around the instant of sending: clocks differ, and a process may have waited for its turn.
_SEARCHED = timedelta(hours=1)


class StripeGateway:
    """Charges saved cards at Stripe. Safe to share between threads."""

    name = "stripe"
    # Stripe remembers keys for at least 24 hours.
    key_lives_for = timedelta(hours=20)
    search_lags_by = timedelta(minutes=10)
    # Seven days, or up to thirty with extended authorization.
    holds_lapse_after = timedelta(days=31)
    keeps_books = True

    def __init__(
        self,
        key: str,
        *,
        url: str = "",
        webhook_secrets: tuple[str, ...] = (),
        timeout_s: float = 20.0,
        webhook_tolerance: timedelta = TOLERANCE,
    ) -> None:
        self._secrets = webhook_secrets
        self._tolerance = webhook_tolerance
        addresses: Any = {"api": url} if url else {}
        self._client = stripe.StripeClient(
            key,
            base_addresses=addresses,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=timeout_s),
        )
        self._reversals = StripeReversals(self._client)

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        """Takes the amount.

        Raises:
            Misconfigured: key, permissions or account are wrong.
        """
        return self._created(request, capture="automatic")

    def authorize(self, request: GatewayRequest) -> ChargeOutcome:
        """Holds the amount. Raises as `charge` does."""
        return self._created(request, capture="manual")

    def _created(self, request: GatewayRequest, *, capture: str) -> ChargeOutcome:
        return charged(lambda: self._create(request, capture=capture))

    def _create(self, request: GatewayRequest, *, capture: str) -> ChargeOutcome:
        params: Any = {
            "amount": to_stripe(request.amount_minor, request.currency),
            "currency": request.currency.lower(),
            "payment_method": request.method_token,
            "capture_method": capture,
            "confirm": True,
            "off_session": True,
            "error_on_requires_action": True,
            "metadata": {REFERENCE: request.reference, "account": request.account},
        }
        if request.customer_token:
            params["customer"] = request.customer_token
        intent = self._client.v1.payment_intents.create(params, {"idempotency_key": request.reference})
        return charge_outcome(intent)

    def find(self, request: GatewayRequest) -> ChargeOutcome:
        """Looks through the customer's intents of about that time for our reference; the one that took money counts."""

        def inquire() -> ChargeOutcome:
            since, until = request.sent_at - _SEARCHED, request.sent_at + self.key_lives_for + _SEARCHED
            found = [
                charge_outcome(intent)
                for intent in self._intents(since, until, customer=request.customer_token)
                if reference_of(intent) == request.reference
            ]
            charged = [outcome for outcome in found if isinstance(outcome, (Succeeded, Authorized))]
            return next(iter(charged or found), NotFound())

        # A search that is refused says nothing about the charge.
        outcome = inquired(inquire)
        return Unknown("Stripe: the search finds no such customer") if outcome is None else outcome

    def read(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        """Reads one intent again; it is ours by its metadata."""

        def read() -> ChargeOutcome:
            intent = self._client.v1.payment_intents.retrieve(gateway_ref)
            return charge_outcome(intent) if reference_of(intent) == reference else NotFound()

        outcome = inquired(read)
        return NotFound() if outcome is None else outcome

    def capture_confirmed(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        """Reads one intent again: Stripe takes it by itself when its payer confirms."""
        return self.read(gateway_ref, reference)

    def void(self, request: GatewayRequest, gateway_ref: str) -> bool:
        """Cancels an intent that has taken nothing; true when nothing is held any more."""
        try:
            self._client.v1.payment_intents.cancel(gateway_ref)
        except stripe.InvalidRequestError:
            intent = self.read(gateway_ref, request.reference)
            return not isinstance(intent, (Authorized, RequiresAction, Unknown, TryLater))
        except stripe.StripeError:
            return False
        return True

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Gives back a part or all of an intent.

        Raises:
            Misconfigured: key, permissions or account are wrong, or our balance does not suffice.
        """

        def give_back() -> RefundOutcome:
            params: Any = charge_of(request.charge_ref) | {
                "amount": to_stripe(request.amount_minor, request.currency),
                "metadata": {REFERENCE: request.reference, "account": request.account},
            }
            made = self._client.v1.refunds.create(params, {"idempotency_key": request.reference})
            return refund_outcome(made)

        outcome = refunded(give_back)
        if not isinstance(outcome, (RefundFailed, GivenBackAlready)) or outcome.code == CHARGE_NOT_FOUND:
            return outcome
        return failed_unless_made(outcome, self.find_refund(request))

    def find_refund(self, request: RefundRequest) -> RefundOutcome:
        """Looks through the charge's refunds for our reference. Raises as `refund` does."""

        def inquire() -> RefundOutcome:
            params: Any = charge_of(request.charge_ref) | {"limit": PAGE}
            found = [
                refund_outcome(made)
                for made in self._client.v1.refunds.list(params).auto_paging_iter()
                if reference_of(made) == request.reference
            ]
            given = [outcome for outcome in found if isinstance(outcome, (Refunded, RefundPending))]
            return next(iter(given or found), NotFound())

        # An inquiry that is refused says nothing about the refund.
        outcome = inquired(inquire)
        return Unknown("Stripe: there is no such charge to look at") if outcome is None else outcome

    def read_refund(self, gateway_ref: str) -> RefundOutcome:
        """Reads one refund again. Raises as `refund` does."""
        outcome = inquired(lambda: refund_outcome(self._client.v1.refunds.retrieve(gateway_ref)))
        return NotFound() if outcome is None else outcome

    def charges_between(self, since: datetime, until: datetime) -> Iterator[GatewayCharge | Unreadable]:
        """Every intent that took money, newest first, by when it was created.

        Raises:
            Misconfigured: key or permissions are wrong.
            stripe.StripeError: Stripe cannot be reached now.
        """
        for intent in self._intents(since, until):
            if intent.status == "succeeded":
                yield read_each(partial(charge_in, intent), partial(unreadable, "charge", intent))

    def _intents(self, since: datetime, until: datetime, *, customer: str = "") -> Iterator[Any]:
        params: Any = {"created": created(since, until), "limit": PAGE}
        if customer:
            params["customer"] = customer
        yield from self._client.v1.payment_intents.list(params).auto_paging_iter()

    def reversals_between(self, since: datetime, until: datetime) -> Iterator[Reversal | Unreadable]:
        """Those that were made, and then those that changed. Raises as `charges_between` does."""
        return self._reversals.between(since, until)

    def reversals_of(self, charge_ref: str) -> ReversalsOutcome:
        """Those of one intent. Raises as `refund` does."""
        return self._reversals.of_charge(charge_ref)

    def notification(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Notification:
        """Checks the signature with each of the secrets, and its time against `at`.

        Raises:
            Refused: `bad_signature`, `stale_signature` or `bad_shape`.
        """
        signature = headers.get("stripe-signature", "")
        text = body.decode("utf-8", "replace")
        if not any(_is_signed(text, signature, secret) for secret in self._secrets):
            raise Refused("bad_signature", "the signature fits none of the webhook's secrets")
        if abs(at - _signed_at(signature)) > self._tolerance:
            raise Refused("stale_signature", "the webhook was signed too long ago, or in the future")
        try:
            event = stripe.Event.construct_from(json.loads(text), None)
            return Notification(event.id, event.type, *_meant(event.type, event.data.object))
        except (ValueError, AttributeError, TypeError, KeyError) as error:
            raise Refused("bad_shape", f"not an event of Stripe: {error}") from None


def _meant(event_type: str, thing: Any) -> tuple[str | None, str | None, str | None]:
    """Our reference, the id of what a webhook is about, and the charge that money went back of.

    One about a refund is about that, and tells nothing new about the charge.
    """
    its_id, intent = getattr(thing, "id", None), getattr(thing, "payment_intent", None)
    kind = getattr(thing, "object", None)
    of_charge = (intent or getattr(thing, "charge", None) or its_id) if _goes_back(event_type) else None
    if kind == "refund":
        return reference_of(thing), its_id, of_charge
    if event_type.startswith("charge.refund"):
        return None, its_id, of_charge
    return reference_of(thing), intent or its_id, of_charge


def _goes_back(event_type: str) -> bool:
    return event_type.startswith(("refund.", "charge.refund", "charge.dispute."))


def _is_signed(text: str, signature: str, secret: str) -> bool:
    try:
        # Without a tolerance: the time is held against our own clock, not against the wall clock.
        return bool(stripe.WebhookSignature.verify_header(text, signature, secret, None))
    except (stripe.SignatureVerificationError, ValueError, TypeError):
        # A signature that is not ASCII cannot be compared at all.
        return False


def _signed_at(signature: str) -> datetime:
    """The time of a signature; the first one counts, as it does where the signature is verified."""
    times = [
        value for name, _, value in (part.partition("=") for part in signature.split(",")) if name == "t"
    ]
    try:
        return datetime.fromtimestamp(int(times[0]), UTC)
    except (IndexError, ValueError, OverflowError, OSError):
        raise Refused("bad_signature", "the signature carries no time") from None
