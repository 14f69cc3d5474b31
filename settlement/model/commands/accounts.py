"""What an accepted event asks for, in the domain's own terms: validated, amounts in minor units, instants in UTC.

`inbox_id` is the event's row; it also becomes the id of the account, card or refund the event creates. Rule: R4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from settlement.model.commands.head import EventHead
from settlement.model.commands.payments import RepaymentCommand
from settlement.model.cycle import Cycle
from settlement.model.funds import CouponKind
from settlement.model.gateway.charges import MethodKind

RefundTo = Literal["credit", "cash", "original_method"]


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """A new account."""

    head: EventHead
    currency: str
    name: str
    credit_control: bool
    credit_limit_minor: int
    auto_write_off_enabled: bool
    write_off_past_bills: bool
    opening_cash_minor: int


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """New values of an account; None leaves a value as it is. Amounts are minor units of `currency`."""

    head: EventHead
    currency: str | None
    auto_write_off_enabled: bool | None
    write_off_past_bills: bool | None
    credit_control: bool | None
    credit_limit_minor: int | None
    frozen_minor: int | None
    low_credit_minor: int | None
    ends_credit_watch: bool
    hold: tuple[str, str] | None
    release: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class TopUp:
    """Money arrived from outside."""

    head: EventHead
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money moved from another account of this system. `head.account` receives."""

    head: EventHead
    from_account: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back: as a credit refund of `cycle` (None: the month of booking), as cash, or the way it came."""

    head: EventHead
    currency: str
    amount_minor: int
    to: RefundTo
    cycle: Cycle | None


@dataclass(frozen=True, slots=True)
class CardActivated:
    """A stored value card with its balance and limits."""

    head: EventHead
    card: str
    currency: str
    amount_minor: int
    valid_from: datetime
    valid_until: datetime
    products: frozenset[str] | None
    orders: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One fee as reported: exact amount in major units, when it was incurred and, where known, ended."""

    fee_key: UUID
    label: str
    amount: Decimal
    currency: str
    product: str
    order_id: str
    incurred_at: datetime
    ended_at: datetime | None
    occurrence: int = 0


@dataclass(frozen=True, slots=True)
class Fees:
    """Fees of one account, booked together or not at all."""

    head: EventHead
    lines: tuple[FeeLine, ...]


@dataclass(frozen=True, slots=True)
class MethodAdded:
    """A payment method by the gateway's tokens. `threshold_minor` is the account's own, in `currency`. Rule: R5.1."""

    head: EventHead
    method: str
    kind: MethodKind
    gateway: str
    customer_token: str
    method_token: str
    currency: str | None
    threshold_minor: int | None
    make_default: bool


@dataclass(frozen=True, slots=True)
class MethodMadeDefault:
    """A known payment method becomes the default one."""

    head: EventHead
    method: str


@dataclass(frozen=True, slots=True)
class MethodRemoved:
    """A payment method is not to be used any more."""

    head: EventHead
    method: str


@dataclass(frozen=True, slots=True)
class MethodVerification:
    """Asks for a check of a payment method: a small amount held and let go. Rule: R5.3."""

    head: EventHead
    method: str


@dataclass(frozen=True, slots=True)
class ProductActivated:
    """A pay-as-you-go product was activated. Rule: R5.3."""

    head: EventHead
    product: str


@dataclass(frozen=True, slots=True)
class TermAgreed:
    """A contract period with its payment term, for bills of cycles from `from_cycle` on. Rule: R6.1."""

    head: EventHead
    from_cycle: Cycle
    until_cycle: Cycle | None
    settlement_cycle: Literal["monthly", "quarterly"]
    period_days: int
    day_kind: Literal["calendar", "business"]
    country: str | None
    closing_days: frozenset[date]


@dataclass(frozen=True, slots=True)
class CouponGranted:
    """A coupon with its amount and validity. Rule: R4.7."""

    head: EventHead
    coupon: str
    kind: CouponKind
    currency: str
    amount_minor: int
    valid_from: datetime
    valid_until: datetime


Command = (
    AccountOpened | AccountChanged | TopUp | Transfer | Refund | CardActivated | Fees
    | MethodAdded | MethodMadeDefault | MethodRemoved | MethodVerification | ProductActivated
    | TermAgreed | CouponGranted | RepaymentCommand
)  # fmt: skip
