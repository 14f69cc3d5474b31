"""Bodies: what is sent, what is received.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from settle_client.values import Amount, Received, Sent, SentDate, SentDecimal, SentInstant

__all__ = [
    "Account",
    "AccountChangedData",
    "AccountChangedEvent",
    "AccountDetails",
    "AccountDetailsCollecting",
    "AccountDetailsHolds",
    "AccountDetailsMainAccount",
    "AccountOpenedData",
    "AccountOpenedEvent",
    "Amount",
    "Announcement",
    "AuditRun",
    "Bill",
    "BillDetails",
    "BillLine",
    "BillName",
    "Card",
    "CardActivatedData",
    "CardActivatedEvent",
    "Charge",
    "ChargeDetails",
    "ChargeDetailsBills",
    "Coupon",
    "CouponGrantedData",
    "CouponGrantedEvent",
    "CreditRefund",
    "Day",
    "Delivery",
    "Difference",
    "DisputeDetails",
    "DisputeDetailsBills",
    "Due",
    "Endpoint",
    "Entry",
    "Event",
    "EventDetails",
    "Explanation",
    "ExplanationAccount",
    "ExplanationAccountGate",
    "ExplanationAccountGateEvents",
    "ExplanationBills",
    "ExplanationBillsCollection",
    "ExplanationBillsDue",
    "ExplanationBillsNextWriteOff",
    "ExplanationBillsPayments",
    "ExplanationBillsPaymentsEvent",
    "ExplanationBillsProducts",
    "FeeData",
    "FeesData",
    "FeesEvent",
    "GatewayRefund",
    "GatewayRefundEvent",
    "HoldData",
    "Inbox",
    "Key",
    "LeftOut",
    "MessageDetails",
    "Method",
    "MethodAddedData",
    "MethodAddedEvent",
    "MethodMadeDefaultData",
    "MethodMadeDefaultEvent",
    "MethodRemovedData",
    "MethodRemovedEvent",
    "MethodVerifyData",
    "MethodVerifyEvent",
    "NotKept",
    "Outcome",
    "ParkedAccount",
    "Payment",
    "PaymentCancelledData",
    "PaymentCancelledEvent",
    "PaymentRequestedData",
    "PaymentRequestedEvent",
    "PreAuthorization",
    "Preview",
    "PreviewCharged",
    "ProductActivatedData",
    "ProductActivatedEvent",
    "PulledBackData",
    "PulledBackEvent",
    "Quarantine",
    "RefundData",
    "RefundEvent",
    "Relationship",
    "RelationshipAcceptedData",
    "RelationshipAcceptedEvent",
    "RelationshipEndedData",
    "RelationshipEndedEvent",
    "RelationshipRequestedData",
    "RelationshipRequestedEvent",
    "Repayment",
    "RepaymentGroups",
    "RepaymentLines",
    "Results",
    "Reversal",
    "Run",
    "RunPreview",
    "RunReport",
    "Schemas",
    "SchemasSchemas",
    "Sender",
    "Setting",
    "SettingChange",
    "SettlementDetails",
    "Slot",
    "StartedRun",
    "Statement",
    "StatementBalances",
    "StatementBalancesCash",
    "StatementBalancesCashMovements",
    "StatementBill",
    "StatementBillFees",
    "StatementBillPaidBy",
    "StatementBillPayments",
    "StatementBills",
    "StatementCredit",
    "StatementInstruments",
    "Term",
    "TermAgreedData",
    "TermAgreedEvent",
    "TopUpData",
    "TopUpEvent",
    "TransferData",
    "TransferEvent",
    "TransferRecord",
    "Unified",
    "UnifiedClosedData",
    "UnifiedClosedEvent",
    "UnifiedCreatedData",
    "UnifiedCreatedEvent",
    "UnifiedDeletedData",
    "UnifiedDeletedEvent",
    "UnifiedEditedData",
    "UnifiedEditedEvent",
    "UnifiedLine",
    "UnifiedRunData",
    "UnifiedRunEvent",
]


class AccountOpenedData(Sent):
    """An account, with cash brought along from elsewhere."""

    # an ISO 4217 code
    currency: str
    name: str | None = None
    credit_control: bool | None = None
    # zero or more
    credit_limit: SentDecimal | None = None
    auto_write_off: bool | None = None
    write_off_past_bills: bool | None = None
    # zero or more
    opening_cash: SentDecimal | None = None


class AccountOpenedEvent(Sent):
    """An account, with cash brought along from elsewhere."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["account_opened"] = "account_opened"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: AccountOpenedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class HoldData(Sent):
    """One hold on automatic write-off, named by its reason and a reference."""

    reason: str
    ref: str | None = None


class AccountChangedData(Sent):
    """New values; what is absent stays. `currency` is needed beside an amount. `low_credit_line` has available credit
    watched against that amount, `low_credit_watch: false` ends it. Then the write-off.
    """

    currency: str | None = None
    auto_write_off: bool | None = None
    write_off_past_bills: bool | None = None
    credit_control: bool | None = None
    credit_limit: SentDecimal | None = None
    frozen_amount: SentDecimal | None = None
    low_credit_line: SentDecimal | None = None
    low_credit_watch: Literal[False] | None = None
    hold: HoldData | None = None
    release: HoldData | None = None
    if_revision: str | None = None


class AccountChangedEvent(Sent):
    """New values; what is absent stays. `currency` is needed beside an amount. `low_credit_line` has available credit
    watched against that amount, `low_credit_watch: false` ends it. Then the write-off.
    """

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["account_changed"] = "account_changed"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: AccountChangedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class TopUpData(Sent):
    """Cash from outside. Then the write-off."""

    # above zero, whole in the currency's minor unit
    amount: SentDecimal
    # an ISO 4217 code
    currency: str


class TopUpEvent(Sent):
    """Cash from outside. Then the write-off."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["top_up"] = "top_up"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: TopUpData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class TransferData(Sent):
    """Cash from the main account, up to the least of three: its cash without what came to it by transfer, its cash
    without what is frozen or set aside, its available credit. Nothing while it has overdue bills. Then the
    receiver's write-off.
    """

    # above zero, whole in the currency's minor unit
    amount: SentDecimal
    # an ISO 4217 code
    currency: str
    # the main account of the event's account, by a valid relationship
    from_account: str


class TransferEvent(Sent):
    """Cash from the main account, up to the least of three: its cash without what came to it by transfer, its cash
    without what is frozen or set aside, its available credit. Nothing while it has overdue bills. Then the
    receiver's write-off.
    """

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["transfer"] = "transfer"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: TransferData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class PulledBackData(Sent):
    """What the member was sent and has not spent comes back to the event's account. Then the write-off."""

    # above zero, whole in the currency's minor unit
    amount: SentDecimal
    # an ISO 4217 code
    currency: str
    # a member
    from_account: str


class PulledBackEvent(Sent):
    """What the member was sent and has not spent comes back to the event's account. Then the write-off."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["transfer_pulled_back"] = "transfer_pulled_back"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: PulledBackData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class RefundData(Sent):
    """A credit refund of that cycle; or cash; or money sent back to the methods that were charged, oldest charge
    first, and cash for what cannot go back (R7.3); refused where gateways have taken that back by themselves
    (R5.9f). Then the write-off.
    """

    # above zero, whole in the currency's minor unit
    amount: SentDecimal
    # an ISO 4217 code
    currency: str
    to: Literal["credit", "cash", "original_method"] | None = None
    # `YYYY-MM`, of a credit refund: by default the month it is booked in
    cycle: str | None = None


class RefundEvent(Sent):
    """A credit refund of that cycle; or cash; or money sent back to the methods that were charged, oldest charge
    first, and cash for what cannot go back (R7.3); refused where gateways have taken that back by themselves
    (R5.9f). Then the write-off.
    """

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["refund"] = "refund"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: RefundData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class FeeData(Sent):
    """One fee. `amount` is exact and may be negative; `id` is unique within the event's source and the account."""

    id: str
    # any sign, up to 18 digits before and 30 after the point
    amount: SentDecimal
    # an ISO 4217 code
    currency: str
    product: str
    incurred_at: SentInstant
    ended_at: SentInstant | None = None
    order_id: str | None = None


class FeesData(Sent):
    """Fees of one account, booked together or not at all. An `id` is unique within (source, account); known ones with
    the same amount are left out. A negative fee lowers the frozen amount: then the write-off.
    """

    fees: Sequence[FeeData]


class FeesEvent(Sent):
    """Fees of one account, booked together or not at all. An `id` is unique within (source, account); known ones with
    the same amount are left out. A negative fee lowers the frozen amount: then the write-off.
    """

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["fees"] = "fees"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: FeesData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class CardActivatedData(Sent):
    """A stored value card. It pays the months that its validity overlaps, and lapses with the bill of the last of
    them (R4.6f). Then the write-off.
    """

    card: str
    # above zero, whole in the currency's minor unit
    amount: SentDecimal
    # an ISO 4217 code
    currency: str
    valid_from: SentInstant
    # excluded
    valid_until: SentInstant
    # up to 1,000; absent: all
    products: Sequence[str] | None = None
    # likewise
    orders: Sequence[str] | None = None


class CardActivatedEvent(Sent):
    """A stored value card. It pays the months that its validity overlaps, and lapses with the bill of the last of
    them (R4.6f). Then the write-off.
    """

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["card_activated"] = "card_activated"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: CardActivatedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class CouponGrantedData(Sent):
    """A coupon: off bill after bill until it is used up (`amount_off`), or off one bill, and the rest lapses
    (`single_use`). It comes off bills when they are issued, never later.
    """

    coupon: str
    kind: Literal["amount_off", "single_use"]
    # above zero, whole in the currency's minor unit
    amount: SentDecimal
    # an ISO 4217 code
    currency: str
    valid_from: SentInstant
    # excluded
    valid_until: SentInstant


class CouponGrantedEvent(Sent):
    """A coupon: off bill after bill until it is used up (`amount_off`), or off one bill, and the rest lapses
    (`single_use`). It comes off bills when they are issued, never later.
    """

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["coupon_granted"] = "coupon_granted"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: CouponGrantedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class TermAgreedData(Sent):
    """A contract period: bills of cycles from `from_cycle` on fall due by it, on an account on credit control. A term
    with the same `from_cycle` takes the place of the one before. Bills that are issued keep theirs. The period
    counts from the day on which the settlement cycle's last bill is issued; quarters are those of the calendar.
    """

    # `YYYY-MM`
    from_cycle: str
    # 0 to 365
    period_days: int
    until_cycle: str | None = None
    settlement_cycle: Literal["monthly", "quarterly"] | None = None
    day_kind: Literal["calendar", "business"] | None = None
    # ISO 3166-1, like `DE` or `DE-BY`; needed for business days
    country: str | None = None
    # up to 1,000 dates on which this customer does not work either
    closing_days: Sequence[SentDate] | None = None


class TermAgreedEvent(Sent):
    """A contract period: bills of cycles from `from_cycle` on fall due by it, on an account on credit control. A term
    with the same `from_cycle` takes the place of the one before. Bills that are issued keep theirs. The period
    counts from the day on which the settlement cycle's last bill is issued; quarters are those of the calendar.
    """

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["payment_term_agreed"] = "payment_term_agreed"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: TermAgreedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class MethodAddedData(Sent):
    """A payment method, by the gateway's tokens. What looks like a card number is refused and taken out."""

    # its name
    method: str
    kind: Literal["bank_card", "paypal", "bank_transfer"]
    # `stripe`, `paypal`, `sandbox`; needed but for a bank transfer
    gateway: Literal["stripe", "paypal", "sandbox"] | None = None
    # likewise
    method_token: str | None = None
    customer_token: str | None = None
    # of a PayPal account, with `currency`
    threshold: SentDecimal | None = None
    currency: str | None = None
    make_default: bool | None = None


class MethodAddedEvent(Sent):
    """A payment method, by the gateway's tokens. What looks like a card number is refused and taken out."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["payment_method_added"] = "payment_method_added"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: MethodAddedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class MethodMadeDefaultData(Sent):
    """The one that is charged. Sent again for the default after a decline for good, it is tried again."""

    method: str


class MethodMadeDefaultEvent(Sent):
    """The one that is charged. Sent again for the default after a decline for good, it is tried again."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["payment_method_default"] = "payment_method_default"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: MethodMadeDefaultData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class MethodVerifyData(Sent):
    """A small amount is held and let go: `payment_method.verified` or `payment_method.unverified` follows."""

    method: str


class MethodVerifyEvent(Sent):
    """A small amount is held and let go: `payment_method.verified` or `payment_method.unverified` follows."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["payment_method_verify"] = "payment_method_verify"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: MethodVerifyData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class MethodRemovedData(Sent):
    """Never charged again; a charge that was not sent yet is not made."""

    method: str


class MethodRemovedEvent(Sent):
    """Never charged again; a charge that was not sent yet is not made."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["payment_method_removed"] = "payment_method_removed"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: MethodRemovedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class ProductActivatedData(Sent):
    """A pay-as-you-go product that a customer activates. `product.activation` follows; with an unverified PayPal
    account as default after a pre-authorization (R5.3).
    """

    product: str


class ProductActivatedEvent(Sent):
    """A pay-as-you-go product that a customer activates. `product.activation` follows; with an unverified PayPal
    account as default after a pre-authorization (R5.3).
    """

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["product_activated"] = "product_activated"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: ProductActivatedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class RelationshipRequestedData(Sent):
    """The event's account asks to be the main account of `member`. A member has one main account; nobody is both."""

    member: str


class RelationshipRequestedEvent(Sent):
    """The event's account asks to be the main account of `member`. A member has one main account; nobody is both."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["relationship_requested"] = "relationship_requested"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: RelationshipRequestedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class RelationshipAcceptedData(Sent):
    """The event's account, the member, agrees."""

    main: str


class RelationshipAcceptedEvent(Sent):
    """The event's account, the member, agrees."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["relationship_accepted"] = "relationship_accepted"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: RelationshipAcceptedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class RelationshipEndedData(Sent):
    """Either side ends it."""

    # the other side
    other: str


class RelationshipEndedEvent(Sent):
    """Either side ends it."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["relationship_ended"] = "relationship_ended"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: RelationshipEndedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class PaymentRequestedData(Sent):
    """A bill paid by hand: from the balance at once, or by a charge of the method, for the time of which automatic
    write-off is on hold.
    """

    # its name
    payment: str
    # `YYYY-MM`
    cycle: str
    # an ISO 4217 code
    currency: str
    # by default what is outstanding
    amount: SentDecimal | None = None
    # zero or more: the part from the account's balance and its refunds
    from_balance: SentDecimal | None = None
    # of the rest: `balance` or a payment method; by default the one used last
    channel: str | None = None


class PaymentRequestedEvent(Sent):
    """A bill paid by hand: from the balance at once, or by a charge of the method, for the time of which automatic
    write-off is on hold.
    """

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["bill_payment_requested"] = "bill_payment_requested"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: PaymentRequestedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class PaymentCancelledData(Sent):
    """A payment that the gateway does not have, or that its payer does not confirm, is given up."""

    payment: str


class PaymentCancelledEvent(Sent):
    """A payment that the gateway does not have, or that its payer does not confirm, is given up."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["bill_payment_cancelled"] = "bill_payment_cancelled"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: PaymentCancelledData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class UnifiedCreatedData(Sent):
    """The unsettled bills of these accounts and cycles, to be paid by the event's account, their main account, in
    this order: account by account, the cycles of each as given; up to 10,000. Automatic write-off of the accounts
    is held from then on.
    """

    # its name
    settlement: str
    accounts: Sequence[str]
    # up to three
    cycles: Sequence[str]


class UnifiedCreatedEvent(Sent):
    """The unsettled bills of these accounts and cycles, to be paid by the event's account, their main account, in
    this order: account by account, the cycles of each as given; up to 10,000. Automatic write-off of the accounts
    is held from then on.
    """

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["unified_settlement_created"] = "unified_settlement_created"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: UnifiedCreatedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class BillName(Sent):
    """A bill by its account and cycle."""

    account: str
    # `YYYY-MM`
    cycle: str


class UnifiedEditedData(Sent):
    """A draft's list made anew from `accounts` and `cycles`, or put into the order of `bills` and cut down to them."""

    settlement: str
    accounts: Sequence[str] | None = None
    # up to three
    cycles: Sequence[str] | None = None
    bills: Sequence[BillName] | None = None
    if_revision: str | None = None


class UnifiedEditedEvent(Sent):
    """A draft's list made anew from `accounts` and `cycles`, or put into the order of `bills` and cut down to them."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["unified_settlement_edited"] = "unified_settlement_edited"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: UnifiedEditedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class UnifiedRunData(Sent):
    """Pays what the main account's money reaches, and the rest by itself when more comes."""

    settlement: str
    if_revision: str | None = None


class UnifiedRunEvent(Sent):
    """Pays what the main account's money reaches, and the rest by itself when more comes."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["unified_settlement_run"] = "unified_settlement_run"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: UnifiedRunData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class UnifiedClosedData(Sent):
    """Ends it; what is not paid stays unpaid."""

    settlement: str
    if_revision: str | None = None


class UnifiedClosedEvent(Sent):
    """Ends it; what is not paid stays unpaid."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["unified_settlement_closed"] = "unified_settlement_closed"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: UnifiedClosedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


class UnifiedDeletedData(Sent):
    """Takes it off the list; one that runs has to be closed first. Its name stays taken."""

    settlement: str
    if_revision: str | None = None


class UnifiedDeletedEvent(Sent):
    """Takes it off the list; one that runs has to be closed first. Its name stays taken."""

    # Who sends.
    source: str | None = None
    # Unique within the source: the two are the event's identity, for ever.
    event_id: str
    type: Literal["unified_settlement_deleted"] = "unified_settlement_deleted"
    # The name under which it was opened; of a transfer the receiving one.
    account: str
    data: UnifiedDeletedData
    # When it happened, RFC 3339 with a zone.
    occurred_at: SentInstant | None = None
    # Follows the event into the log, the outbox and announcements; absent: `source/event_id`.
    correlation_id: str | None = None


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


class RepaymentGroups(Received):
    """Repayment groups."""

    coupon_deduction: Amount | None = None
    stored_value_card: Amount | None = None
    cash: Amount | None = None


class RepaymentLines(Received):
    """Repayment lines."""

    group: str | None = None
    # One of coupon, card, refund, cash, external, main_account.
    source: str | None = None
    source_id: int | None = None
    name: str | None = None
    charge: str | None = None
    amount: Amount | None = None


class Repayment(Received):
    """Repayment."""

    repayment: str
    bill: str
    paid_at: dt.datetime
    initiator: str
    cause: str
    reference: str | None = None
    amount: Amount
    groups: RepaymentGroups
    lines: tuple[RepaymentLines, ...]


class Outcome(Received):
    """Outcome."""

    operation: str
    source: str
    event_id: str
    type: str
    account: str
    # One of waiting, done, refused, parked, conflict.
    state: str
    code: str | None = None
    detail: str | None = None
    received_at: dt.datetime
    finished_at: dt.datetime | None = None
    repayments: tuple[Repayment, ...] = ()


class NotKept(Received):
    """Not kept."""

    event_id: str | None = None
    state: str
    code: str
    detail: str


class Results(Received):
    """Results."""

    events: tuple[Outcome | NotKept, ...]


class Inbox(Received):
    """Inbox."""

    id: int
    received_at: dt.datetime
    type: str
    account: str
    source: str
    event_id: str
    # One of waiting, done, refused, parked.
    state: str
    reason_code: str | None = None
    reason: str | None = None
    dismissed_at: dt.datetime | None = None
    dismissed_by: str | None = None
    dismissed_because: str | None = None
    attempts: int
    door: str
    occurred_at: dt.datetime | None = None
    correlation_id: str | None = None
    conflict_of: int | None = None
    finished_at: dt.datetime | None = None


class EventDetails(Received):
    """Event details."""

    id: int
    received_at: dt.datetime
    type: str
    account: str
    source: str
    event_id: str
    # One of waiting, done, refused, parked.
    state: str
    reason_code: str | None = None
    reason: str | None = None
    dismissed_at: dt.datetime | None = None
    dismissed_by: str | None = None
    dismissed_because: str | None = None
    attempts: int
    door: str
    occurred_at: dt.datetime | None = None
    correlation_id: str | None = None
    conflict_of: int | None = None
    finished_at: dt.datetime | None = None
    data: Any = None


class PreviewCharged(Received):
    """Preview charged."""

    account: str
    method: str
    amount: Amount


class Preview(Received):
    """Preview."""

    dry_run: bool
    paid: Amount
    bills: int
    charged: tuple[PreviewCharged, ...]


class AccountDetailsMainAccount(Received):
    """Account details main account."""

    account: str | None = None
    # One of pending, valid, ended.
    state: str | None = None


class Term(Received):
    """Term."""

    from_cycle: str
    until_cycle: str | None = None
    # One of monthly, quarterly.
    settlement_cycle: str
    period_days: int
    # One of calendar, business.
    day_kind: str
    country: str | None = None
    closing_days: tuple[dt.date, ...]
    agreed_at: dt.datetime


class AccountDetailsHolds(Received):
    """Account details holds."""

    reason: str | None = None
    ref: str | None = None
    name: str | None = None
    held_at: dt.datetime | None = None


class Card(Received):
    """Card."""

    card: str
    balance: Amount
    valid_from: dt.datetime
    valid_until: dt.datetime
    state: str
    products: tuple[str, ...] | None = None
    orders: tuple[str, ...] | None = None


class Coupon(Received):
    """Coupon."""

    coupon: str
    # One of amount_off, single_use.
    kind: str
    balance: Amount
    valid_from: dt.datetime
    valid_until: dt.datetime
    state: str
    granted_at: dt.datetime


class CreditRefund(Received):
    """Credit refund."""

    cycle: str
    remaining: Amount
    granted_at: dt.datetime


class GatewayRefundEvent(Received):
    """Gateway refund event."""

    source: str | None = None
    event_id: str | None = None


class GatewayRefund(Received):
    """Gateway refund."""

    refund: str
    account: str
    amount: Amount
    charge: str
    method: str
    gateway: str
    # One of waiting, sent, unknown, under_way, succeeded, failed.
    state: str
    created_at: dt.datetime
    sent_at: dt.datetime | None = None
    next_at: dt.datetime | None = None
    asks: int
    gateway_ref: str | None = None
    code: str | None = None
    message: str | None = None
    finished_at: dt.datetime | None = None
    event: GatewayRefundEvent | None = None


class Method(Received):
    """Method."""

    method: str
    # One of bank_card, paypal, bank_transfer.
    kind: str
    gateway: str | None = None
    default: bool
    # One of unverified, verified, removed.
    state: str
    shared: bool
    open_disputes: int
    threshold: Amount | None = None
    added_at: dt.datetime


class Charge(Received):
    """Charge."""

    charge: str
    account: str
    # One of threshold, sweep, issuance, retry, manual.
    reason: str
    cycle: str
    amount: Amount
    method: str
    gateway: str
    # One of waiting, sent, unknown, requires_action, succeeded, declined, not_charged.
    state: str
    created_at: dt.datetime
    sent_at: dt.datetime | None = None
    next_at: dt.datetime | None = None
    asks: int
    gateway_ref: str | None = None
    charged: Amount | None = None
    message: str | None = None
    finished_at: dt.datetime | None = None
    code: str | None = None
    action_url: str | None = None


class AccountDetailsCollecting(Received):
    """Account details collecting."""

    uncollected: Amount | None = None
    charged_at: Amount | None = None
    declining_since: dt.datetime | None = None
    declined_for_good: bool | None = None
    next_step_at: dt.datetime | None = None


class AccountDetails(Received):
    """Account details."""

    account: str
    name: str
    currency: str
    cash: Amount
    credit_limit: Amount
    frozen_by_operator: Amount
    frozen: Amount
    available_credit: Amount
    outstanding: Amount
    owed_for_reversals: Amount
    headroom: Amount
    unsettled_bills: int
    overdue: Amount
    overdue_bills: int
    oldest_due_on: dt.date | None = None
    oldest_due_provisional: bool
    low_credit_line: Amount | None = None
    low_credit_since: dt.datetime | None = None
    credit_control: bool
    auto_write_off: bool
    write_off_past_bills: bool
    opened_at: dt.datetime
    suspended_at: dt.datetime | None = None
    parked_at: dt.datetime | None = None
    parked_reason: str | None = None
    set_aside: Amount
    received_by_transfer: Amount
    returnable: Amount
    main_account: AccountDetailsMainAccount | None = None
    terms: tuple[Term, ...]
    holds: tuple[AccountDetailsHolds, ...]
    cards: tuple[Card, ...]
    coupons: tuple[Coupon, ...]
    refunds: tuple[CreditRefund, ...]
    on_its_way_back: tuple[GatewayRefund, ...]
    methods: tuple[Method, ...]
    charges_under_way: tuple[Charge, ...]
    revision: str
    collecting: AccountDetailsCollecting | None = None


class ExplanationAccountGateEvents(Received):
    """Explanation account gate events."""

    type: str | None = None
    account: str | None = None
    data: dict[str, Any] | None = None


class ExplanationAccountGate(Received):
    """Explanation account gate."""

    code: str | None = None
    sentence: str | None = None
    figures: dict[str, Amount | str] | None = None
    would_change_it: str | None = None
    events: tuple[ExplanationAccountGateEvents, ...] = ()


class ExplanationAccount(Received):
    """Explanation account."""

    account: str | None = None
    currency: str | None = None
    available_credit: Amount | None = None
    cash: Amount | None = None
    credit_limit: Amount | None = None
    frozen: Amount | None = None
    frozen_accruing: Amount | None = None
    outstanding: Amount | None = None
    headroom: Amount | None = None
    on_its_way_back: Amount | None = None
    owed_for_reversals: Amount | None = None
    overdue: Amount | None = None
    overdue_bills: int | None = None
    suspended_at: dt.datetime | None = None
    parked_at: dt.datetime | None = None
    parked_reason: str | None = None
    charges_under_way: tuple[Charge, ...] = ()
    gate: tuple[ExplanationAccountGate, ...] = ()


class ExplanationBillsProducts(Received):
    """Explanation bills products."""

    product: str | None = None
    fees: int | None = None
    amount: Amount | None = None
    late_fees: int | None = None
    late_amount: Amount | None = None


class ExplanationBillsPaymentsEvent(Received):
    """Explanation bills payments event."""

    inbox_id: int | None = None
    type: str | None = None
    source: str | None = None
    event_id: str | None = None
    received_at: dt.datetime | None = None


class ExplanationBillsPayments(Received):
    """Explanation bills payments."""

    paid_at: dt.datetime | None = None
    amount: Amount | None = None
    source: str | None = None
    card: Any = None
    coupon: Any = None
    refund_cycle: Any = None
    main_account: Any = None
    cause: str | None = None
    reference: str | None = None
    reversal: str | None = None
    initiator: str | None = None
    event: ExplanationBillsPaymentsEvent | None = None


class ExplanationBillsDue(Received):
    """Explanation bills due."""

    on: dt.date | None = None
    rule: str | None = None
    provisional: bool | None = None
    overdue_at: dt.datetime | None = None


class ExplanationBillsNextWriteOff(Received):
    """Explanation bills next write off."""

    at: dt.datetime | None = None
    coupons: Amount | None = None
    collected: Amount | None = None
    pays: Amount | None = None
    settles: bool | None = None
    top_up_that_settles: Amount | None = None


class ExplanationBillsCollection(Received):
    """Explanation bills collection."""

    step: str | None = None
    at: dt.datetime | None = None
    sentence: str | None = None
    figures: dict[str, Amount | str] | None = None


class ExplanationBills(Received):
    """Explanation bills."""

    bill: str | None = None
    account: str | None = None
    cycle: str | None = None
    # One of accruing, unsettled, settled.
    state: str | None = None
    accrued: Amount | None = None
    carried_in: Amount | None = None
    payable: Amount | None = None
    dropped: Amount | None = None
    carried_out: Amount | None = None
    paid: Amount | None = None
    outstanding: Amount | None = None
    issued_at: dt.datetime | None = None
    settled_at: dt.datetime | None = None
    due_on: dt.date | None = None
    due_rule: str | None = None
    due_provisional: bool | None = None
    overdue_at: dt.datetime | None = None
    archive: int | None = None
    products: tuple[ExplanationBillsProducts, ...] = ()
    payments: tuple[ExplanationBillsPayments, ...] = ()
    reasons: tuple[ExplanationAccountGate, ...] = ()
    due: ExplanationBillsDue | None = None
    next_write_off: ExplanationBillsNextWriteOff | None = None
    collection: ExplanationBillsCollection | None = None


class Explanation(Received):
    """Explanation."""

    at: dt.datetime
    account: ExplanationAccount
    bills: tuple[ExplanationBills, ...]


class Account(Received):
    """Account."""

    account: str
    name: str
    currency: str
    cash: Amount
    credit_limit: Amount
    frozen_by_operator: Amount
    frozen: Amount
    available_credit: Amount
    outstanding: Amount
    owed_for_reversals: Amount
    headroom: Amount
    unsettled_bills: int
    overdue: Amount
    overdue_bills: int
    oldest_due_on: dt.date | None = None
    oldest_due_provisional: bool
    low_credit_line: Amount | None = None
    low_credit_since: dt.datetime | None = None
    credit_control: bool
    auto_write_off: bool
    write_off_past_bills: bool
    opened_at: dt.datetime
    suspended_at: dt.datetime | None = None
    parked_at: dt.datetime | None = None
    parked_reason: str | None = None


class ParkedAccount(Received):
    """Parked account."""

    account: str
    parked_at: dt.datetime
    currency: str
    cash: str
    frozen: str
    outstanding: str
    events_waiting: int
    reason: str


class TransferRecord(Received):
    """Transfer record."""

    transferred_at: dt.datetime
    from_account: str
    to_account: str
    amount: Amount
    # One of sent, pulled_back.
    kind: str
    main: str
    member: str
    operation: int
    entry: int


class PreAuthorization(Received):
    """Pre authorization."""

    account: str
    method: str
    amount: Amount
    gateway: str
    reference: str
    # One of waiting, sent, unknown, authorized, voided, declined, not_charged.
    state: str
    sent_at: dt.datetime | None = None
    next_at: dt.datetime | None = None
    asks: int
    gateway_ref: str | None = None
    message: str | None = None


class Relationship(Received):
    """Relationship."""

    number: int
    main: str
    member: str
    # One of pending, valid, ended.
    state: str
    requested_at: dt.datetime
    valid_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None


class Payment(Received):
    """Payment."""

    number: int
    bill: str
    payment: str
    account: str
    cycle: str
    amount: Amount
    from_balance: Amount
    channel: str
    by_channel: Amount
    # One of running, completed, failed, cancelled, expired.
    state: str
    reason: str | None = None
    started_at: dt.datetime
    lease_until: dt.datetime
    finished_at: dt.datetime | None = None
    charge: str | None = None
    charge_state: str | None = None
    action_url: str | None = None


class UnifiedLine(Received):
    """Unified line."""

    line: int
    bill: str
    account: str
    cycle: str
    listed: Amount
    outstanding: Amount
    paid: Amount
    # One of open, paid, dropped.
    state: str
    note: str


class SettlementDetails(Received):
    """Settlement details."""

    number: int
    main: str
    settlement: str
    # One of draft, running, completed, closed.
    state: str
    bills: int
    settled: int
    accounts: int
    paid: Amount
    outstanding: Amount
    created_at: dt.datetime
    run_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    deleted_at: dt.datetime | None = None
    lines: tuple[UnifiedLine, ...]
    revision: str


class Unified(Received):
    """Unified."""

    number: int
    main: str
    settlement: str
    # One of draft, running, completed, closed.
    state: str
    bills: int
    settled: int
    accounts: int
    paid: Amount
    outstanding: Amount
    created_at: dt.datetime
    run_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    deleted_at: dt.datetime | None = None


class BillLine(Received):
    """Bill line."""

    product: str
    order_id: str | None = None
    single_month: bool
    accrued: Amount
    paid_by_cards: Amount


class BillDetails(Received):
    """Bill details."""

    bill: str
    account: str
    cycle: str
    # One of accruing, unsettled, settled.
    state: str
    accrued: Amount
    carried_in: Amount
    payable: Amount | None = None
    dropped: Amount | None = None
    carried_out: Amount | None = None
    paid: Amount
    outstanding: Amount | None = None
    issued_at: dt.datetime | None = None
    settled_at: dt.datetime | None = None
    due_on: dt.date | None = None
    due_rule: str | None = None
    due_provisional: bool
    overdue_at: dt.datetime | None = None
    archive: int | None = None
    lines: tuple[BillLine, ...]
    repayments: tuple[Repayment, ...]


class Bill(Received):
    """Bill."""

    bill: str
    account: str
    cycle: str
    # One of accruing, unsettled, settled.
    state: str
    accrued: Amount
    carried_in: Amount
    payable: Amount | None = None
    dropped: Amount | None = None
    carried_out: Amount | None = None
    paid: Amount
    outstanding: Amount | None = None
    issued_at: dt.datetime | None = None
    settled_at: dt.datetime | None = None
    due_on: dt.date | None = None
    due_rule: str | None = None
    due_provisional: bool
    overdue_at: dt.datetime | None = None
    archive: int | None = None


class Due(Received):
    """Due."""

    bill: str
    account: str
    cycle: str
    due_on: dt.date
    days: int
    payable: Amount
    outstanding: Amount
    overdue_at: dt.datetime | None = None
    due_rule: str
    due_provisional: bool


class StatementBillFees(Received):
    """Statement bill fees."""

    product: str | None = None
    amount: Amount | None = None


class StatementBillPaidBy(Received):
    """Statement bill paid by."""

    coupon: Amount | None = None
    card: Amount | None = None
    refund: Amount | None = None
    cash: Amount | None = None
    external: Amount | None = None
    main_account: Amount | None = None


class StatementBillPayments(Received):
    """Statement bill payments."""

    paid_at: dt.datetime | None = None
    # One of coupon, card, refund, cash, external, main_account.
    source: str | None = None
    name: str | None = None
    amount: Amount | None = None
    initiator: str | None = None
    cause: str | None = None


class StatementBill(Received):
    """Statement bill."""

    bill: str | None = None
    account: str | None = None
    cycle: str | None = None
    # One of accruing, unsettled, settled.
    state: str | None = None
    accrued: Amount | None = None
    carried_in: Amount | None = None
    payable: Amount | None = None
    dropped: Amount | None = None
    carried_out: Amount | None = None
    paid: Amount | None = None
    outstanding: Amount | None = None
    issued_at: dt.datetime | None = None
    settled_at: dt.datetime | None = None
    due_on: dt.date | None = None
    due_rule: str | None = None
    due_provisional: bool | None = None
    overdue_at: dt.datetime | None = None
    archive: int | None = None
    fees: tuple[StatementBillFees, ...] = ()
    paid_by: StatementBillPaidBy | None = None
    payments: tuple[StatementBillPayments, ...] = ()


class StatementBalancesCashMovements(Received):
    """Statement balances cash movements."""

    what: str | None = None
    amount: Amount | None = None


class StatementBalancesCash(Received):
    """Statement balances cash."""

    opening: Amount | None = None
    movements: tuple[StatementBalancesCashMovements, ...] = ()
    closing: Amount | None = None


class StatementBalances(Received):
    """Statement balances."""

    cash: StatementBalancesCash | None = None


class StatementBills(Received):
    """Statement bills."""

    cycle: str | None = None
    due_on: dt.date | None = None
    due_provisional: bool | None = None
    opening: Amount | None = None
    movements: tuple[StatementBalancesCashMovements, ...] = ()
    closing: Amount | None = None


class StatementInstruments(Received):
    """Statement instruments."""

    # One of cash, card, refund, receivable, revenue, bank_clearing, card_grant, refund_grant, transfer_clearing,
    # opening, collected, gateway_clearing, coupon, coupon_grant, expired, refunding, reversal.
    kind: str | None = None
    name: str | None = None
    valid_until: dt.datetime | None = None
    opening: Amount | None = None
    movements: tuple[StatementBalancesCashMovements, ...] = ()
    closing: Amount | None = None


class StatementCredit(Received):
    """Statement credit."""

    available_credit: Amount | None = None
    cash: Amount | None = None
    credit_limit: Amount | None = None
    frozen: Amount | None = None
    outstanding: Amount | None = None
    owed_for_reversals: Amount | None = None
    headroom: Amount | None = None


class Statement(Received):
    """Statement."""

    account: str
    name: str
    currency: str
    cycle: str
    from_: dt.datetime = Field(alias="from")
    until: dt.datetime
    as_of: dt.datetime
    provisional: tuple[str, ...]
    bill: StatementBill | None = None
    balances: StatementBalances
    bills: tuple[StatementBills, ...]
    instruments: tuple[StatementInstruments, ...]
    credit: StatementCredit


class ChargeDetailsBills(Received):
    """Charge details bills."""

    cycle: str | None = None
    amount: Amount | None = None
    kept: Amount | None = None


class ChargeDetails(Received):
    """Charge details."""

    charge: str
    account: str
    # One of threshold, sweep, issuance, retry, manual.
    reason: str
    cycle: str
    amount: Amount
    method: str
    gateway: str
    # One of waiting, sent, unknown, requires_action, succeeded, declined, not_charged.
    state: str
    created_at: dt.datetime
    sent_at: dt.datetime | None = None
    next_at: dt.datetime | None = None
    asks: int
    gateway_ref: str | None = None
    charged: Amount | None = None
    message: str | None = None
    finished_at: dt.datetime | None = None
    code: str | None = None
    action_url: str | None = None
    bills: tuple[ChargeDetailsBills, ...]


class DisputeDetailsBills(Received):
    """Dispute details bills."""

    cycle: str | None = None
    at: dt.datetime | None = None
    amount: Amount | None = None


class DisputeDetails(Received):
    """Dispute details."""

    id: str
    # One of refund, dispute.
    kind: str
    account: str
    amount: Amount
    taken_back: Amount
    owed: Amount
    # One of pending, succeeded, failed, needs_response, under_review, won, lost, closed.
    state: str
    # One of untouched, withdrawn, returned.
    funds: str
    gateway: str
    charge: str
    method: str
    reason: str | None = None
    opened_at: dt.datetime
    moved_at: dt.datetime | None = None
    found_at: dt.datetime
    read_at: dt.datetime
    closed_at: dt.datetime | None = None
    bills: tuple[DisputeDetailsBills, ...]


class Reversal(Received):
    """Reversal."""

    id: str
    # One of refund, dispute.
    kind: str
    account: str
    amount: Amount
    taken_back: Amount
    owed: Amount
    # One of pending, succeeded, failed, needs_response, under_review, won, lost, closed.
    state: str
    # One of untouched, withdrawn, returned.
    funds: str
    gateway: str
    charge: str
    method: str
    reason: str | None = None
    opened_at: dt.datetime
    moved_at: dt.datetime | None = None
    found_at: dt.datetime
    read_at: dt.datetime
    closed_at: dt.datetime | None = None


class Difference(Received):
    """Difference."""

    gateway: str
    charge: str
    gateway_ref: str | None = None
    account: str | None = None
    ours: Amount | None = None
    theirs: Amount | None = None
    # One of missing_there, missing_here, amount_differs, charged_twice, refund_missing_there, refund_missing_here,
    # refund_differs, reversal_missing_there, reversal_missing_here.
    kind: str
    found_at: dt.datetime
    closed_at: dt.datetime | None = None


class Day(Received):
    """Day."""

    gateway: str
    day: dt.date
    ours: int
    theirs: int
    reversals: int
    differences: int
    finished_at: dt.datetime


class LeftOut(Received):
    """Left out."""

    gateway: str
    day: dt.date
    reason: str


class Entry(Received):
    """Entry."""

    entry: int
    posted_at: dt.datetime
    account: str
    debit: str
    credit: str
    amount: Amount
    cause: str


class RunReport(Received):
    """Run report."""

    issued: tuple[Any, ...] = ()
    paid: tuple[Any, ...] = ()
    skipped: dict[str, Any] | None = None
    parked_accounts: int | None = None


class Run(Received):
    """Run."""

    run: int
    # One of month_close, month_end_sweep.
    kind: str
    cycle: str
    # One of running, paused, done.
    state: str
    accounts: int
    accounts_done: int
    rate: float | None = None
    left_s: float | None = None
    created_at: dt.datetime
    logical_at: dt.datetime
    finished_at: dt.datetime | None = None
    ranges: int
    ranges_done: int
    ranges_failed: int
    failure: str | None = None
    report: RunReport


class StartedRun(Received):
    """Started run."""

    # One of month_close, month_end_sweep, threshold_check.
    kind: str
    run: Run | None = None


class RunPreview(Received):
    """Run preview."""

    dry_run: bool
    # One of month_close, month_end_sweep, threshold_check.
    kind: str
    cycle: str | None = None
    # So many were looked at.
    accounts: int
    report: RunReport
    charged: tuple[Amount, ...]


class Slot(Received):
    """Slot."""

    job: str
    logical_at: dt.datetime
    # One of owed, done, skipped.
    state: str
    reason: str | None = None
    run: int | None = None
    finished_at: dt.datetime | None = None


class AuditRun(Received):
    """Audit run."""

    day: dt.date
    violations: int
    finished_at: dt.datetime
    took_s: float
    found: dict[str, int]


class Setting(Received):
    """Setting."""

    name: str
    value: Any = None
    holds_from: dt.datetime
    set_by: str
    set_at: dt.datetime
    reason: str | None = None
    next_value: Any = None
    next_from: dt.datetime | None = None


class SettingChange(Received):
    """Setting change."""

    name: str
    value: Any = None
    holds_from: dt.datetime
    set_by: str
    set_at: dt.datetime
    reason: str | None = None


class Sender(Received):
    """Sender."""

    source: str
    event_types: tuple[str, ...] | None = None
    accounts: tuple[str, ...] | None = None
    role: str | None = None
    created_at: dt.datetime
    ended_at: dt.datetime | None = None


class Key(Received):
    """Key."""

    key: str
    source: str
    scopes: tuple[str, ...]
    created_at: dt.datetime
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    last_used_at: dt.datetime | None = None


class Endpoint(Received):
    """Endpoint."""

    endpoint: str
    url: str
    topics: tuple[str, ...] | None = None
    accounts: tuple[str, ...] | None = None
    source: str | None = None
    created_at: dt.datetime
    paused_because: str | None = None
    paused_at: dt.datetime | None = None
    fails: int
    rests_until: dt.datetime | None = None
    last_success_at: dt.datetime | None = None
    previous_until: dt.datetime | None = None
    waiting: int
    waiting_since: dt.datetime | None = None


class Delivery(Received):
    """Delivery."""

    announcement: str
    topic: str
    account: str | None = None
    created_at: dt.datetime
    attempts: int
    status: int | None = None
    response: str | None = None
    tried_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None


class MessageDetails(Received):
    """Message details."""

    id: int
    received_at: dt.datetime
    queue: str
    task: str | None = None
    size: int
    kept_bytes: int
    times: int
    sha256: str
    # One of kept, released, dropped.
    state: str
    code: str
    reason: str
    finished_at: dt.datetime | None = None
    raw: str


class Quarantine(Received):
    """Quarantine."""

    id: int
    received_at: dt.datetime
    queue: str
    task: str | None = None
    size: int
    kept_bytes: int
    times: int
    sha256: str
    # One of kept, released, dropped.
    state: str
    code: str
    reason: str
    finished_at: dt.datetime | None = None


class Announcement(Received):
    """Announcement."""

    # No other announcement ever has it; by it repeats are dropped.
    id: str
    type: str
    # When it happened.
    timestamp: dt.datetime
    # When it was published; by `GET /v1/announcements` only.
    published_at: dt.datetime | None = None
    # That of the event, or of the run, which led to it.
    correlation_id: str
    data: dict[str, Any]


class SchemasSchemas(Received):
    """Schemas schemas."""

    # A type or topic; `<name>.data` of what stands in `data`.
    name: str
    # One of event, announcement.
    of: str
    title: str
    url: str


class Schemas(Received):
    """Schemas."""

    schemas: tuple[SchemasSchemas, ...]
