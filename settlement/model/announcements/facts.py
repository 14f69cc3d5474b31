"""The facts of each kind of announcement. Rule: R11.1.

A fact holds what is published, field by field and in that order, as the outside reads it: amounts as decimal text in
the currency's major unit, instants ISO 8601 with a zone, days and cycles as those of the billing zone. The docstrings
here are the text of docs/events.md.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from settlement.model.announcements.texts import (
    Amount,
    CurrencyCode,
    CycleText,
    DayText,
    InstantText,
    SignedAmount,
)
from settlement.model.gateway.charges import ChargeReason
from settlement.model.gateway.reconciliation import DifferenceKind
from settlement.model.gateway.reversals import ReversalKind, ReversalState
from settlement.model.rows.webhooks import Pause


class BillFacts(NamedTuple):
    """A bill right after what is announced: payable = paid + outstanding. `bill.owed_again`: a gateway has taken back
    what had paid it.
    """

    account: str
    cycle: CycleText
    currency: CurrencyCode
    state: Literal["unsettled", "settled"]
    payable: Amount
    paid: Amount
    outstanding: Amount


class BillDueFacts(NamedTuple):
    """A bill that is due soon, or overdue. `days` since `due_on`, a local date; below zero before it.
    `due_provisional`: it was counted over days that its country had not published by then.
    """

    account: str
    cycle: CycleText
    currency: CurrencyCode
    outstanding: Amount
    due_on: DayText
    days: int
    due_provisional: bool


class OverdueEndedFacts(NamedTuple):
    """The account's last overdue bill is paid."""

    account: str


class LowCreditFacts(NamedTuple):
    """Available credit, which may be below zero, has fallen below its line; its three terms beside it. `said` counts
    the announcements of this time: 1 when the line was crossed.
    """

    account: str
    currency: CurrencyCode
    line: Amount
    available_credit: SignedAmount
    cash: Amount
    credit_limit: Amount
    frozen: Amount
    said: int


class CardExpiredFacts(NamedTuple):
    """A stored value card whose validity has ended, and what was left on it and is booked off."""

    account: str
    card: str
    currency: CurrencyCode
    amount: Amount
    valid_until: InstantText


class CouponExpiredFacts(NamedTuple):
    """A coupon whose validity has ended, and what was left of it and is booked off."""

    account: str
    coupon: str
    currency: CurrencyCode
    amount: Amount
    valid_until: InstantText


class ChargeFacts(NamedTuple):
    """A charge of a payment method. `charge` is its reference, which the gateway knows too; `url` is where the payer
    confirms, where the gateway gave one; `gateway_ref` the gateway's own id, by which it can be confirmed elsewhere;
    `next_try_at` when a declined one is tried again. What does not apply is null.
    """

    account: str
    charge: str
    reason: ChargeReason
    gateway: str
    currency: CurrencyCode
    amount: Amount
    code: str | None
    message: str | None
    url: str | None
    gateway_ref: str | None
    next_try_at: InstantText | None


class RefundFacts(NamedTuple):
    """Money on its way back to a payment method. `refund` and `charge` are references that the gateway knows; `code`
    and `message` say why it became cash, or what is in doubt, else null. One event may lead to several, one a charge;
    `refund.failed_to_cash` may follow `refund.succeeded` weeks later.
    """

    account: str
    refund: str
    charge: str
    gateway: str
    currency: CurrencyCode
    amount: Amount
    code: str | None
    message: str | None


class ReversalFacts(NamedTuple):
    """Money that a gateway took back of a charge by itself: a refund made there, or a dispute. `charge` is the charge's
    reference, `gateway_ref` the gateway's own id of the refund or dispute, `reason` what it says of it, or null. Of
    `amount`, `taken_back` is what is taken back of the payment now, and `owed` the part of that which neither the
    charge, nor its cash, nor a bill covered: the account's next cash pays it.
    """

    account: str
    charge: str
    gateway: str
    gateway_ref: str
    kind: ReversalKind
    state: ReversalState
    currency: CurrencyCode
    amount: Amount
    taken_back: Amount
    owed: Amount
    reason: str | None


class DueFacts(NamedTuple):
    """What an account that pays by bank transfer owes after its bill was issued."""

    account: str
    currency: CurrencyCode
    amount: Amount


class DunningFacts(NamedTuple):
    """A step after a declined charge, for one group of products: at which instant, and when what it warns of comes."""

    account: str
    product_group: str
    at: InstantText
    takes_effect_at: InstantText
    declining_since: InstantText


class ResumedFacts(NamedTuple):
    """Everything is paid: whatever was suspended may run again."""

    account: str
    declining_since: InstantText


class MethodFacts(NamedTuple):
    """Whether a payment method stood its check, and if not, why."""

    account: str
    method: str
    code: str | None
    message: str | None


class ActivationFacts(NamedTuple):
    """The outcome of a product's activation, with the reason where it is not accepted."""

    account: str
    product: str
    accepted: bool
    reason: str | None


class RelationshipFacts(NamedTuple):
    """A main account and its member."""

    account: str
    member: str


class PaymentFacts(NamedTuple):
    """A manual payment of a bill: `amount` in all, `from_balance` of it from the account, the rest by `channel`.
    `reason` is null unless it failed.
    """

    account: str
    payment: str
    cycle: CycleText
    currency: CurrencyCode
    amount: Amount
    from_balance: Amount
    channel: str
    reason: str | None


class UnifiedFacts(NamedTuple):
    """A unified settlement: how many bills are on its list, without what was taken off, and how many of them settled;
    what it has paid; and `missing`, the top-up of its main account that completes it.
    """

    account: str
    settlement: str
    currency: CurrencyCode
    bills: int
    settled: int
    paid: Amount
    missing: Amount


class ParkedFacts(NamedTuple):
    """An account that was set aside because its figures do not add up."""

    account: str
    reason: str


class ReleasedFacts(NamedTuple):
    """An account whose parking an operator has ended, with when and why it was parked."""

    account: str
    parked_at: InstantText
    reason: str


class AuditFacts(NamedTuple):
    """What the audit of a local day found that does not add up: how often in all, and by check."""

    day: DayText
    violations: int
    checks: dict[str, int]


class DifferenceFacts(NamedTuple):
    """Something on which a gateway's books and ours disagree. `account` is null where nobody knows."""

    gateway: str
    kind: DifferenceKind
    charge: str
    gateway_ref: str
    account: str | None
    currency: CurrencyCode
    ours: Amount | None
    theirs: Amount | None


class SetAsideFacts(NamedTuple):
    """An event that was refused, or waits parked for an operator, by whichever ingress it came, with its code and the
    sentence.
    """

    account: str
    source: str
    event_id: str
    type: str
    code: str
    reason: str


class DoneFacts(NamedTuple):
    """An event that was booked, where an endpoint of its source wants to know. `paid`: the bills of its account that it
    paid at once, each with the amount.
    """

    account: str
    source: str
    event_id: str
    type: str
    currency: CurrencyCode
    paid: dict[str, Amount]


class WebhookFacts(NamedTuple):
    """An endpoint of webhooks that is paused, and why, or goes on; what is announced meanwhile waits for it."""

    endpoint: str
    because: Pause | None


class LossFacts(NamedTuple):
    """Entries of a sender's own stream that were cut off (`MAXLEN`, `XTRIM`) before they were read: how many. They were
    never received; the sender knows which it did not see done, and sends them again.
    """

    source: str
    entries: int


Facts = (
    BillFacts | BillDueFacts | OverdueEndedFacts | LowCreditFacts | CardExpiredFacts | CouponExpiredFacts
    | ChargeFacts | RefundFacts | ReversalFacts | DueFacts | DunningFacts | ResumedFacts | MethodFacts | ActivationFacts
    | RelationshipFacts | PaymentFacts | UnifiedFacts | ParkedFacts | ReleasedFacts | AuditFacts | DifferenceFacts
    | SetAsideFacts | DoneFacts | WebhookFacts | LossFacts
)  # fmt: skip
