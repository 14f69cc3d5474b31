"""Charging a customer's payment method: the attempt, what it covers, and what a gateway can answer. Rule: R5.*."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from settlement.model.accounts import AccountId
from settlement.model.cycle import Cycle

MethodKind = Literal["bank_card", "paypal", "bank_transfer"]
MethodState = Literal["unverified", "verified", "removed"]
ChargeReason = Literal["threshold", "sweep", "issuance", "retry", "manual"]
AttemptState = Literal[
    "waiting", "sent", "unknown", "requires_action",
    "succeeded", "declined", "not_charged",
]  # fmt: skip
AuthorizationState = Literal[
    "waiting", "sent", "unknown", "authorized", "voided", "declined", "not_charged",
]  # fmt: skip
# While an attempt is in one of these states its amount is spoken for and no other charge of the account may start.
IN_FLIGHT: frozenset[AttemptState] = frozenset(("waiting", "sent", "unknown", "requires_action"))

# Of what no search shows: a hold may be there all the same until it lapses, and a charge is looked for once more.
NOT_SEEN = "not_seen"
# Kept with a charge whose amount the gateway has refused: it waits for a person.
AMOUNT_REFUSED = "amount_refused"
_REFERENCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def our_reference(text: str | None) -> str | None:
    """The text as one of our references, a UUID in lower case; None where it names something of somebody else's."""
    lower = (text or "").lower()
    return lower if _REFERENCE.fullmatch(lower) else None


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A customer's payment method: the gateway's tokens for it, never a card number.

    `external_id` is the caller's name for it. `threshold_minor` is the account's own threshold, where one was given.
    `disputes`: how many disputes about charges with its token are open, under whatever name. Rule: R5.9e.
    """

    id: int
    account_id: AccountId
    external_id: str
    kind: MethodKind
    gateway: str
    customer_token: str
    method_token: str
    threshold_minor: int | None
    is_default: bool
    state: MethodState
    disputes: int = 0

    @property
    def token(self) -> tuple[str, str]:
        """What the gateway knows it by. Two methods of one token are one card, by two names or added again."""
        return self.gateway, self.method_token


@dataclass(frozen=True, slots=True)
class ChargeAttempt:
    """One try to charge. Its key is (account, attempt_no); `reference` is what the gateway knows it by.

    The row is committed before the gateway is called, and `reference` is the idempotency key of the call. Rule: R5.5.
    """

    account_id: AccountId
    attempt_no: int
    reference: str
    reason: ChargeReason
    cycle: Cycle
    method_id: int
    gateway: str
    customer_token: str
    method_token: str
    amount_minor: int
    state: AttemptState
    created_at: datetime
    sent_at: datetime | None
    asks: int
    gateway_ref: str | None
    code: str | None = None

    @property
    def token(self) -> tuple[str, str]:
        """What the gateway knows the charged method by."""
        return self.gateway, self.method_token


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """The part of an attempt that is for one bill.

    `remaining_minor` is what a succeeded charge has collected for a bill that is not issued yet: it pays that bill
    when it is issued, and what the bill does not need goes to the cash balance. Rule: R5.2c.
    """

    account_id: AccountId
    attempt_no: int
    cycle: Cycle
    amount_minor: int
    remaining_minor: int


@dataclass(frozen=True, slots=True)
class PreAuthorization:
    """A small amount held for a moment to see whether a method works. Rule: R5.3.

    `product` is the one whose activation waits for the answer; empty where none does. `code` says what was found out
    last; `NOT_SEEN`, that everybody who waits was told that nothing was seen of it.
    """

    id: int
    account_id: AccountId
    method_id: int
    product: str
    state: AuthorizationState
    asks: int
    sent_at: datetime | None
    code: str | None = None


class GatewayRequest(NamedTuple):
    """What a gateway is asked to take, or to hold for a moment.

    `reference` is our own name for it, a UUID as text: the idempotency key, and written into the gateway's object so
    that it can be found by it later. `amount_minor` is in ISO 4217 minor units; the adapter converts where the gateway
    counts differently. `sent_at` is when it was sent first (UTC), which bounds the search for it.
    """

    reference: str
    account: str
    customer_token: str
    method_token: str
    amount_minor: int
    currency: str
    sent_at: datetime


# ---- What a gateway answers. Expected outcomes are values; only a broken set-up raises.
class Succeeded(NamedTuple):
    """The money was taken."""

    gateway_ref: str
    amount_minor: int


class Authorized(NamedTuple):
    """The amount is held, not taken; it has to be voided."""

    gateway_ref: str


class Declined(NamedTuple):
    """Surely not taken. `final`: trying the same method again is pointless (stolen, closed, unknown token)."""

    code: str
    message: str
    final: bool
    gateway_ref: str | None = None


class RequiresAction(NamedTuple):
    """The payer has to confirm (3-D Secure, PayPal approval); nothing is taken until then."""

    gateway_ref: str
    url: str | None


class Unknown(NamedTuple):
    """It may or may not have been taken: no answer, a server error, still processing. Ask again later."""

    why: str


class AmountRefused(NamedTuple):
    """The gateway takes no such amount, of anybody or by this method; nothing was taken. The same again brings the
    same, so a person decides. Rule: R5.8d.
    """

    code: str
    message: str


class NotFound(NamedTuple):
    """Asked by our reference, the gateway has nothing of that name."""


class NotListed(NamedTuple):
    """Nothing of our reference is shown, long after it was sent by our clock. Clocks jump, and then the gateway had no
    time to show it: it is final when the same is found once more, `again_after` later.
    """

    again_after: timedelta

    @property
    def why(self) -> str:
        """For whoever looks at the charge meanwhile."""
        return "the gateway shows nothing of it; it is looked for once more before it counts as not made"


class NotSeen(NamedTuple):
    """Nothing of our reference is shown where a hold would be by now, as a rule. It may be there all the same."""


class Voided(NamedTuple):
    """What was held is let go."""


class TryLater(NamedTuple):
    """The gateway did not take up the call (too many requests): this call surely charged nothing."""

    why: str


ChargeOutcome = (
    Succeeded
    | Authorized
    | Declined
    | RequiresAction
    | AmountRefused
    | Unknown
    | NotFound
    | NotListed
    | TryLater
)


class GatewayCharge(NamedTuple):
    """A charge as the gateway's own books show it, for reconciliation. `reference` is ours, None on foreign ones."""

    gateway_ref: str
    reference: str | None
    amount_minor: int
    currency: str
    charged_at: datetime


class Notification(NamedTuple):
    """What a verified webhook says: a reason to read the object again, never a truth.

    `charge_ref` is the gateway's own id of the charge whose refunds and disputes are to be read again, None where the
    webhook is not about money that went back; `other_charge_refs` are those of the others, where a dispute is over
    several.
    """

    event_id: str
    type: str
    reference: str | None
    gateway_ref: str | None
    charge_ref: str | None = None
    other_charge_refs: tuple[str, ...] = ()


class ChargeResponse(NamedTuple):
    """What a gateway reported about one attempt, named by its account and number."""

    account_id: int
    attempt_no: int
    outcome: ChargeOutcome
