"""The events this system accepts: the published contract, version 1, and the way from JSON to a command. Rule: R4.1.

Envelope: `source`, `event_id`, `type`, `account`, `data`, and optionally `occurred_at` and `correlation_id`.
Amounts are decimal strings in the currency's major unit (`"12.34"`), instants ISO 8601 with a zone, cycles `YYYY-MM`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationError,
)

from settlement.errors import Refused
from settlement.events.inbound import contracts, payments
from settlement.events.inbound.fields import (
    Amount,
    AmountOrZero,
    Currency,
    Data,
    Instant,
    Name,
    amount_or_zero,
    printable,
)
from settlement.model.commands.accounts import (
    AccountChanged,
    AccountOpened,
    CardActivated,
    Command,
    FeeLine,
    Fees,
    MethodAdded,
    MethodMadeDefault,
    MethodRemoved,
    MethodVerification,
    ProductActivated,
    Refund,
    RefundTo,
    TopUp,
    Transfer,
)
from settlement.model.commands.head import EventHead
from settlement.model.cycle import parse_cycle
from settlement.model.money import exponent_of, parse_amount

MAX_FEES_PER_EVENT = 10_000
_FEE = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,30})?")


def _billable(at: datetime) -> datetime:
    """A fee's instant must fall into a billing cycle, and so must the months around it."""
    if not 1901 <= at.year <= 2998:
        raise ValueError("must lie between the years 1901 and 2998")
    return at


class HoldData(Data):
    """One hold on automatic write-off, named by its reason and a reference."""

    reason: Name
    ref: Annotated[str, StringConstraints(max_length=200), AfterValidator(printable)] = ""


class AccountOpenedData(Data):
    """A new account. `opening_cash` is a balance brought along from another system."""

    currency: Currency
    name: Annotated[str, StringConstraints(max_length=200), AfterValidator(printable)] = ""
    credit_control: bool = False
    credit_limit: AmountOrZero = "0"
    auto_write_off: bool = True
    write_off_past_bills: bool = False
    opening_cash: AmountOrZero = "0"


class AccountChangedData(Data):
    """New values; what is absent stays. `currency` is needed beside an amount. `low_credit_watch: false` ends the
    watch that `low_credit_line` set.
    """

    currency: Currency | None = None
    auto_write_off: bool | None = None
    write_off_past_bills: bool | None = None
    credit_control: bool | None = None
    credit_limit: AmountOrZero | None = None
    frozen_amount: AmountOrZero | None = None
    low_credit_line: AmountOrZero | None = None
    low_credit_watch: Literal[False] | None = None
    hold: HoldData | None = None
    release: HoldData | None = None


class TopUpData(Data):
    """Money arrived from outside."""

    amount: Amount
    currency: Currency


class TransferData(Data):
    """Money from another account of this system; the event's `account` receives it."""

    amount: Amount
    currency: Currency
    from_account: Name


class RefundData(Data):
    """Money given back: as a credit refund of a month (default the month it is booked in), as cash, or to the payment
    methods that were charged.
    """

    amount: Amount
    currency: Currency
    to: RefundTo = "credit"
    cycle: Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")] | None = None


class CardActivatedData(Data):
    """A stored value card. `products` and `orders` limit it; absent means every one."""

    card: Name
    amount: Amount
    currency: Currency
    valid_from: Instant
    valid_until: Instant
    products: Annotated[list[Name], Field(min_length=1, max_length=1000)] | None = None
    orders: Annotated[list[Name], Field(min_length=1, max_length=1000)] | None = None


class FeeData(Data):
    """One fee. `amount` is exact and may be negative; `id` is unique within the event's source and the account."""

    id: Name
    amount: str
    currency: Currency
    product: Name
    incurred_at: Annotated[Instant, AfterValidator(_billable)]
    ended_at: Instant | None = None
    order_id: Annotated[str, StringConstraints(max_length=200), AfterValidator(printable)] = ""


class FeesData(Data):
    """Fees of one account, booked together or not at all."""

    fees: Annotated[list[FeeData], Field(min_length=1, max_length=MAX_FEES_PER_EVENT)]


Token = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(printable)]


class PaymentMethodAddedData(Data):
    """A payment method, by the gateway's tokens for customer and method; never a card number.

    `gateway` is needed for a bank card and PayPal. A PayPal account brings its `threshold`, with `currency`.
    """

    method: Name
    kind: Literal["bank_card", "paypal", "bank_transfer"]
    gateway: Literal["stripe", "paypal", "sandbox"] | None = None
    customer_token: Annotated[str, StringConstraints(max_length=300), AfterValidator(printable)] = ""
    method_token: Token | None = None
    threshold: Amount | None = None
    currency: Currency | None = None
    make_default: bool = True


class PaymentMethodData(Data):
    """A payment method by the name under which it was added."""

    method: Name


class ProductActivatedData(Data):
    """A pay-as-you-go product that a customer activates."""

    product: Name


def fee_key(source: str, fee_id: str) -> UUID:
    """The identity of a fee: 128 bits of a hash over where it comes from and its id there."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(source.encode() + b"\0" + fee_id.encode())
    return UUID(bytes=digest.digest())


def parse_event(head: EventHead, source: str, event_type: str, data: object) -> Command:
    """A validated command from an inbox row.

    Raises:
        Refused: `unknown_type`, `bad_shape` (naming the field and what is wrong), `bad_amount`, `unknown_currency`.
    """
    known = _TYPES.get(event_type)
    if known is None:
        raise Refused(
            "unknown_type", f"event type {event_type!r} is not known; known are {', '.join(sorted(_TYPES))}"
        )
    if not head.account:
        raise Refused("bad_shape", "account: the event names no account")
    model, build = known
    try:
        parsed = model.model_validate(data)
    except ValidationError as error:
        raise Refused("bad_shape", _explain(error)) from None
    return build(head, source, parsed)


def _explain(error: ValidationError) -> str:
    """Names up to three fields; an event with more faults than that has another problem."""
    parts = [
        f"{'.'.join(['data', *map(str, fault['loc'])])}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)[:3]
    ]
    return "; ".join(parts)


def _opened(head: EventHead, _: str, data: AccountOpenedData) -> Command:
    return AccountOpened(
        head, data.currency, data.name, data.credit_control, amount_or_zero(data.credit_limit, data.currency),
        data.auto_write_off, data.write_off_past_bills, amount_or_zero(data.opening_cash, data.currency),
    )  # fmt: skip


def _changed(head: EventHead, _: str, data: AccountChangedData) -> Command:
    amounts = {
        "credit_limit": data.credit_limit,
        "frozen_amount": data.frozen_amount,
        "low_credit_line": data.low_credit_line,
    }
    if data.low_credit_watch is not None and data.low_credit_line is not None:
        raise Refused(
            "bad_shape", "data.low_credit_watch: false ends the watch that low_credit_line would set"
        )
    minor: dict[str, int | None] = dict.fromkeys(amounts)
    for name, text in amounts.items():
        if text is not None:
            if data.currency is None:
                raise Refused("bad_shape", f"data.currency: needed beside {name}")
            minor[name] = amount_or_zero(text, data.currency)
    return AccountChanged(
        head, data.currency, data.auto_write_off, data.write_off_past_bills, data.credit_control,
        minor["credit_limit"], minor["frozen_amount"], minor["low_credit_line"],
        data.low_credit_watch is False, _hold(data.hold), _hold(data.release),
    )  # fmt: skip


def _hold(data: HoldData | None) -> tuple[str, str] | None:
    return None if data is None else (data.reason, data.ref)


def _top_up(head: EventHead, _: str, data: TopUpData) -> Command:
    return TopUp(head, data.currency, parse_amount(data.amount, data.currency))


def _transfer(head: EventHead, _: str, data: TransferData) -> Command:
    return Transfer(head, data.from_account, data.currency, parse_amount(data.amount, data.currency))


def _refund(head: EventHead, _: str, data: RefundData) -> Command:
    cycle = None if data.cycle is None else parse_cycle(data.cycle)
    return Refund(head, data.currency, parse_amount(data.amount, data.currency), data.to, cycle)


def _card(head: EventHead, _: str, data: CardActivatedData) -> Command:
    if data.valid_from >= data.valid_until:
        raise Refused("bad_shape", "data.valid_until: must be after valid_from")
    return CardActivated(
        head, data.card, data.currency, parse_amount(data.amount, data.currency),
        data.valid_from, data.valid_until,
        None if data.products is None else frozenset(data.products),
        None if data.orders is None else frozenset(data.orders),
    )  # fmt: skip


def _fees(head: EventHead, source: str, data: FeesData) -> Command:
    lines = tuple(
        FeeLine(
            fee_key(source, fee.id), fee.id, _fee_amount(fee), fee.currency, fee.product, fee.order_id,
            fee.incurred_at, fee.ended_at,
        )
        for fee in data.fees
    )  # fmt: skip
    if len({line.fee_key for line in lines}) < len(lines):
        raise Refused("bad_shape", "data.fees: a fee id occurs twice in one event")
    return Fees(head, lines)


def _fee_amount(fee: FeeData) -> Decimal:
    exponent_of(fee.currency)
    if not _FEE.fullmatch(fee.amount):
        raise Refused(
            "bad_amount",
            f"fee {fee.id}: amount must be a decimal string of up to 18 digits and 30 places, not {fee.amount[:80]!r}",
        )
    return Decimal(fee.amount)


def _method_added(head: EventHead, _: str, data: PaymentMethodAddedData) -> Command:
    if data.kind == "bank_transfer":
        if data.gateway or data.method_token or data.customer_token or data.threshold:
            raise Refused("bad_shape", "data: a bank transfer has no gateway, no token and no threshold")
    elif data.gateway is None or data.method_token is None:
        missing = "gateway" if data.gateway is None else "method_token"
        raise Refused("bad_shape", f"data.{missing}: needed for a {data.kind}")
    elif data.gateway == "paypal" and data.kind != "paypal":
        raise Refused("bad_shape", "data.gateway: paypal takes PayPal accounts only")
    threshold = None
    if data.threshold is not None:
        if data.currency is None:
            raise Refused("bad_shape", "data.currency: needed beside threshold")
        threshold = parse_amount(data.threshold, data.currency)
    return MethodAdded(
        head, data.method, data.kind, data.gateway or "", data.customer_token, data.method_token or "",
        data.currency, threshold, data.make_default,
    )  # fmt: skip


def _method_default(head: EventHead, _: str, data: PaymentMethodData) -> Command:
    return MethodMadeDefault(head, data.method)


def _method_removed(head: EventHead, _: str, data: PaymentMethodData) -> Command:
    return MethodRemoved(head, data.method)


def _method_verify(head: EventHead, _: str, data: PaymentMethodData) -> Command:
    return MethodVerification(head, data.method)


def _product_activated(head: EventHead, _: str, data: ProductActivatedData) -> Command:
    return ProductActivated(head, data.product)


_TYPES: dict[str, tuple[type[Data], Callable[[EventHead, str, Any], Command]]] = {
    "account_opened": (AccountOpenedData, _opened),
    "account_changed": (AccountChangedData, _changed),
    "top_up": (TopUpData, _top_up),
    "transfer": (TransferData, _transfer),
    "refund": (RefundData, _refund),
    "card_activated": (CardActivatedData, _card),
    "fees": (FeesData, _fees),
    "payment_method_added": (PaymentMethodAddedData, _method_added),
    "payment_method_default": (PaymentMethodData, _method_default),
    "payment_method_removed": (PaymentMethodData, _method_removed),
    "payment_method_verify": (PaymentMethodData, _method_verify),
    "payment_term_agreed": (contracts.PaymentTermData, contracts.term),
    "coupon_granted": (contracts.CouponGrantedData, contracts.coupon),
    "product_activated": (ProductActivatedData, _product_activated),
    "relationship_requested": (payments.RelationshipRequestedData, payments.requested),
    "relationship_accepted": (payments.RelationshipAcceptedData, payments.accepted),
    "relationship_ended": (payments.RelationshipEndedData, payments.ended),
    "transfer_pulled_back": (payments.PulledBackData, payments.pulled_back),
    "bill_payment_requested": (payments.PaymentRequestedData, payments.payment),
    "bill_payment_cancelled": (payments.PaymentCancelledData, payments.cancelled),
    "unified_settlement_created": (payments.UnifiedCreatedData, payments.unified_created),
    "unified_settlement_edited": (payments.UnifiedEditedData, payments.unified_edited),
    "unified_settlement_run": (payments.UnifiedData, payments.unified_run),
    "unified_settlement_closed": (payments.UnifiedData, payments.unified_closed),
    "unified_settlement_deleted": (payments.UnifiedData, payments.unified_deleted),
}
EVENT_TYPES = tuple(_TYPES)
