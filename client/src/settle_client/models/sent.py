"""Events that are sent.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from typing import Literal

from settle_client.models.event_data import (
    AccountChangedData,
    AccountOpenedData,
    CardActivatedData,
    CouponGrantedData,
    FeesData,
    MethodAddedData,
    MethodMadeDefaultData,
    MethodRemovedData,
    MethodVerifyData,
    PaymentCancelledData,
    PaymentRequestedData,
    ProductActivatedData,
    PulledBackData,
    RefundData,
    RelationshipAcceptedData,
    RelationshipEndedData,
    RelationshipRequestedData,
    TermAgreedData,
    TopUpData,
    TransferData,
    UnifiedClosedData,
    UnifiedCreatedData,
    UnifiedDeletedData,
    UnifiedEditedData,
    UnifiedRunData,
)
from settle_client.values import Sent, SentInstant


class EventBase(Sent):
    """What every event has."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class AccountOpenedEvent(EventBase):
    """An account, with cash brought along from elsewhere."""

    type: Literal["account_opened"] = "account_opened"
    data: AccountOpenedData


class AccountChangedEvent(EventBase):
    """New values; what is absent stays. `currency` is needed beside an amount. `low_credit_line` has available credit
    watched against that amount, `low_credit_watch: false` ends it. Then the write-off.
    """

    type: Literal["account_changed"] = "account_changed"
    data: AccountChangedData


class TopUpEvent(EventBase):
    """Cash from outside. Then the write-off."""

    type: Literal["top_up"] = "top_up"
    data: TopUpData


class TransferEvent(EventBase):
    """Cash from the main account, up to the least of three: its cash without what came to it by transfer, its cash
    without what is frozen or set aside, its available credit. Nothing while it has overdue bills. Then the
    receiver's write-off.
    """

    type: Literal["transfer"] = "transfer"
    data: TransferData


class PulledBackEvent(EventBase):
    """What the member was sent and has not spent comes back to the event's account. Then the write-off."""

    type: Literal["transfer_pulled_back"] = "transfer_pulled_back"
    data: PulledBackData


class RefundEvent(EventBase):
    """A credit refund of that cycle; or cash; or money sent back to the methods that were charged, oldest charge
    first, and cash for what cannot go back (R7.3); refused where gateways have taken that back by themselves
    (R5.9f). Then the write-off.
    """

    type: Literal["refund"] = "refund"
    data: RefundData


class FeesEvent(EventBase):
    """Fees of one account, booked together or not at all. An `id` is unique within (source, account); known ones with
    the same amount are left out. A negative fee lowers the frozen amount: then the write-off.
    """

    type: Literal["fees"] = "fees"
    data: FeesData


class CardActivatedEvent(EventBase):
    """A stored value card. It pays the months that its validity overlaps, and lapses with the bill of the last of
    them (R4.6f). Then the write-off.
    """

    type: Literal["card_activated"] = "card_activated"
    data: CardActivatedData


class CouponGrantedEvent(EventBase):
    """A coupon: off bill after bill until it is used up (`amount_off`), or off one bill, and the rest lapses
    (`single_use`). It comes off bills when they are issued, never later.
    """

    type: Literal["coupon_granted"] = "coupon_granted"
    data: CouponGrantedData


class TermAgreedEvent(EventBase):
    """A contract period: bills of cycles from `from_cycle` on fall due by it, on an account on credit control. A term
    with the same `from_cycle` takes the place of the one before. Bills that are issued keep theirs. The period
    counts from the day on which the settlement cycle's last bill is issued; quarters are those of the calendar.
    """

    type: Literal["payment_term_agreed"] = "payment_term_agreed"
    data: TermAgreedData


class MethodAddedEvent(EventBase):
    """A payment method, by the gateway's tokens. What looks like a card number is refused and taken out."""

    type: Literal["payment_method_added"] = "payment_method_added"
    data: MethodAddedData


class MethodMadeDefaultEvent(EventBase):
    """The one that is charged. Sent again for the default after a decline for good, it is tried again."""

    type: Literal["payment_method_default"] = "payment_method_default"
    data: MethodMadeDefaultData


class MethodVerifyEvent(EventBase):
    """A small amount is held and let go: `payment_method.verified` or `payment_method.unverified` follows."""

    type: Literal["payment_method_verify"] = "payment_method_verify"
    data: MethodVerifyData


class MethodRemovedEvent(EventBase):
    """Never charged again; a charge that was not sent yet is not made."""

    type: Literal["payment_method_removed"] = "payment_method_removed"
    data: MethodRemovedData


class ProductActivatedEvent(EventBase):
    """A pay-as-you-go product that a customer activates. `product.activation` follows; with an unverified PayPal
    account as default after a pre-authorization (R5.3).
    """

    type: Literal["product_activated"] = "product_activated"
    data: ProductActivatedData


class RelationshipRequestedEvent(EventBase):
    """The event's account asks to be the main account of `member`. A member has one main account; nobody is both."""

    type: Literal["relationship_requested"] = "relationship_requested"
    data: RelationshipRequestedData


class RelationshipAcceptedEvent(EventBase):
    """The event's account, the member, agrees."""

    type: Literal["relationship_accepted"] = "relationship_accepted"
    data: RelationshipAcceptedData


class RelationshipEndedEvent(EventBase):
    """Either side ends it."""

    type: Literal["relationship_ended"] = "relationship_ended"
    data: RelationshipEndedData


class PaymentRequestedEvent(EventBase):
    """A bill paid by hand: from the balance at once, or by a charge of the method, for the time of which automatic
    write-off is on hold.
    """

    type: Literal["bill_payment_requested"] = "bill_payment_requested"
    data: PaymentRequestedData


class PaymentCancelledEvent(EventBase):
    """A payment that the gateway does not have, or that its payer does not confirm, is given up."""

    type: Literal["bill_payment_cancelled"] = "bill_payment_cancelled"
    data: PaymentCancelledData


class UnifiedCreatedEvent(EventBase):
    """The unsettled bills of these accounts and cycles, to be paid by the event's account, their main account, in
    this order: account by account, the cycles of each as given; up to 10,000. Automatic write-off of the accounts
    is held from then on.
    """

    type: Literal["unified_settlement_created"] = "unified_settlement_created"
    data: UnifiedCreatedData


class UnifiedEditedEvent(EventBase):
    """A draft's list made anew from `accounts` and `cycles`, or put into the order of `bills` and cut down to them."""

    type: Literal["unified_settlement_edited"] = "unified_settlement_edited"
    data: UnifiedEditedData


class UnifiedRunEvent(EventBase):
    """Pays what the main account's money reaches, and the rest by itself when more comes."""

    type: Literal["unified_settlement_run"] = "unified_settlement_run"
    data: UnifiedRunData


class UnifiedClosedEvent(EventBase):
    """Ends it; what is not paid stays unpaid."""

    type: Literal["unified_settlement_closed"] = "unified_settlement_closed"
    data: UnifiedClosedData


class UnifiedDeletedEvent(EventBase):
    """Takes it off the list; one that runs has to be closed first. Its name stays taken."""

    type: Literal["unified_settlement_deleted"] = "unified_settlement_deleted"
    data: UnifiedDeletedData


Event = (
    AccountOpenedEvent
    | AccountChangedEvent
    | TopUpEvent
    | TransferEvent
    | PulledBackEvent
    | RefundEvent
    | FeesEvent
    | CardActivatedEvent
    | CouponGrantedEvent
    | TermAgreedEvent
    | MethodAddedEvent
    | MethodMadeDefaultEvent
    | MethodVerifyEvent
    | MethodRemovedEvent
    | ProductActivatedEvent
    | RelationshipRequestedEvent
    | RelationshipAcceptedEvent
    | RelationshipEndedEvent
    | PaymentRequestedEvent
    | PaymentCancelledEvent
    | UnifiedCreatedEvent
    | UnifiedEditedEvent
    | UnifiedRunEvent
    | UnifiedClosedEvent
    | UnifiedDeletedEvent
)
