"""What events that are sent are about.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from settle_client.values import Sent, SentDate, SentDecimal, SentInstant


class HoldData(Sent):
    """One hold on automatic write-off, named by its reason and a reference."""

    reason: str
    ref: str | None = None


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


class TopUpData(Sent):
    """Cash from outside. Then the write-off."""

    # above zero, whole in the currency's minor unit
    amount: SentDecimal
    # an ISO 4217 code
    currency: str


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


class PulledBackData(Sent):
    """What the member was sent and has not spent comes back to the event's account. Then the write-off."""

    # above zero, whole in the currency's minor unit
    amount: SentDecimal
    # an ISO 4217 code
    currency: str
    # a member
    from_account: str


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


class MethodMadeDefaultData(Sent):
    """The one that is charged. Sent again for the default after a decline for good, it is tried again."""

    method: str


class MethodVerifyData(Sent):
    """A small amount is held and let go: `payment_method.verified` or `payment_method.unverified` follows."""

    method: str


class MethodRemovedData(Sent):
    """Never charged again; a charge that was not sent yet is not made."""

    method: str


class ProductActivatedData(Sent):
    """A pay-as-you-go product that a customer activates. `product.activation` follows; with an unverified PayPal
    account as default after a pre-authorization (R5.3).
    """

    product: str


class RelationshipRequestedData(Sent):
    """The event's account asks to be the main account of `member`. A member has one main account; nobody is both."""

    member: str


class RelationshipAcceptedData(Sent):
    """The event's account, the member, agrees."""

    main: str


class RelationshipEndedData(Sent):
    """Either side ends it."""

    # the other side
    other: str


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


class PaymentCancelledData(Sent):
    """A payment that the gateway does not have, or that its payer does not confirm, is given up."""

    payment: str


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


class UnifiedRunData(Sent):
    """Pays what the main account's money reaches, and the rest by itself when more comes."""

    settlement: str
    if_revision: str | None = None


class UnifiedClosedData(Sent):
    """Ends it; what is not paid stays unpaid."""

    settlement: str
    if_revision: str | None = None


class UnifiedDeletedData(Sent):
    """Takes it off the list; one that runs has to be closed first. Its name stays taken."""

    settlement: str
    if_revision: str | None = None
