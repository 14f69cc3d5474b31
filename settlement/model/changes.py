"""What a plan decides: rows to write, as they are written.

The rows are tuples because a month close makes hundreds of thousands of them and they go to the database unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from settlement.model.bills import BillState
from settlement.model.rows.credit import NewCoupon, TermRow, WatchValues
from settlement.model.rows.payments import (
    NewPayment,
    NewUnified,
    PaymentEnd,
    RelationshipRow,
    UnifiedLineRow,
    UnifiedValues,
)
from settlement.model.rows.refunds import ChargeRefunded, GatewayRefundValues, NewGatewayRefund
from settlement.model.skip import Skip

FundSource = Literal["coupon", "card", "refund", "cash", "external", "main_account"]
LedgerKind = Literal[
    "cash", "card", "refund", "receivable",
    "revenue", "bank_clearing", "card_grant", "refund_grant", "transfer_clearing", "opening",
    "collected", "gateway_clearing", "coupon", "coupon_grant", "expired", "refunding",
]  # fmt: skip


class NewAccount(NamedTuple):
    """An account to insert; its balances follow as an `AccountValues` row."""

    id: int
    external_id: str
    name: str
    currency: str
    opened_at: datetime


class AccountValues(NamedTuple):
    """The values an account has afterwards. Amounts in minor units."""

    id: int
    cash_minor: int
    credit_limit_minor: int
    frozen_minor: int
    credit_control: bool
    auto_write_off_enabled: bool
    write_off_past_bills: bool
    transferred_in_minor: int
    returnable_minor: int
    held_minor: int


class HoldChange(NamedTuple):
    """A hold set (`held`) or released."""

    account_id: int
    reason: str
    ref: str
    held: bool


class FeeRow(NamedTuple):
    """A fee to append."""

    account_id: int
    fee_key: UUID
    occurrence: int
    cycle: int
    amount: Decimal
    currency: str
    product: str
    order_id: str
    incurred_at: datetime
    late: bool
    import_id: int | None
    inbox_id: int | None


class RepeatRow(NamedTuple):
    """How often an import has met a row that was booked before, afterwards."""

    import_id: int
    account_id: int
    fee_key: UUID
    met: int


class Accrual(NamedTuple):
    """What to add to an accruing bill, which is created if the cycle has none yet. Exact major units."""

    account_id: int
    cycle: int
    currency: str
    accrued: Decimal
    carried_in: Decimal


class LineAccrual(NamedTuple):
    """What to add to a bill's line. Exact major units."""

    account_id: int
    cycle: int
    product: str
    order_id: str
    single_month: bool
    accrued: Decimal


class BillValues(NamedTuple):
    """The values an issued bill has afterwards."""

    account_id: int
    cycle: int
    state: BillState
    payable_minor: int
    dropped: Decimal
    carried_out: Decimal
    paid_minor: int
    due_on: date | None = None
    due_rule: str | None = None


class BillPaid(NamedTuple):
    """The paid figures of a bill issued earlier."""

    account_id: int
    cycle: int
    state: BillState
    paid_minor: int
    reserved_minor: int = 0


class LinePaid(NamedTuple):
    """How much of a bill's line cards have paid, minor units, afterwards."""

    account_id: int
    cycle: int
    product: str
    order_id: str
    single_month: bool
    card_paid_minor: int


class NewCard(NamedTuple):
    """A stored value card to insert, with the balance it has afterwards."""

    id: int
    account_id: int
    external_id: str
    balance_minor: int
    valid_from: datetime
    valid_until: datetime
    products: list[str] | None
    orders: list[str] | None
    granted_at: datetime


class NewRefund(NamedTuple):
    """A credit refund to insert, with what remains of it afterwards."""

    id: int
    account_id: int
    cycle: int
    remaining_minor: int
    granted_at: datetime


class FundValue(NamedTuple):
    """The balance a card, or a refund, loaded earlier has afterwards. Minor units."""

    id: int
    account_id: int
    balance_minor: int


class RepaymentRow(NamedTuple):
    """A repayment record to append. Rule: R10.1."""

    account_id: int
    cycle: int
    cause: str
    initiator: str
    amount_minor: int
    currency: str


class RepaymentLineRow(NamedTuple):
    """One line of a repayment record: from which fund, how much."""

    account_id: int
    cycle: int
    cause: str
    line_no: int
    source: FundSource
    source_id: int
    amount_minor: int


class TransferRow(NamedTuple):
    """One balanced ledger entry: `amount_minor` from the debited to the credited ledger account. Rule: R11.2."""

    account_id: int
    debit: LedgerKind
    debit_ref: int
    credit: LedgerKind
    credit_ref: int
    amount_minor: int
    currency: str
    cause: str


class NewMethod(NamedTuple):
    """A payment method to insert."""

    id: int
    account_id: int
    external_id: str
    kind: str
    gateway: str
    customer_token: str
    method_token: str
    threshold_minor: int | None


class MethodValues(NamedTuple):
    """The values a payment method, loaded or new, has afterwards."""

    id: int
    account_id: int
    is_default: bool
    state: str
    threshold_minor: int | None


class CollectingValues(NamedTuple):
    """Where collecting from an account stands afterwards; the columns of `Collecting`."""

    account_id: int
    last_attempt_no: int
    uncollected_minor: int
    threshold_minor: int | None
    declining_since: datetime | None
    declined_cycle: int | None
    hard: bool
    noticed_until: datetime | None
    due_at: datetime | None
    attempts_on: date | None
    attempts_that_day: int
    retry_owed: bool


class NewAttempt(NamedTuple):
    """A charge attempt to insert; it waits to be sent, unless what made it has ended it too."""

    account_id: int
    attempt_no: int
    reason: str
    cycle: int
    method_id: int
    gateway: str
    customer_token: str
    method_token: str
    amount_minor: int
    currency: str
    state: str = "waiting"
    code: str | None = None


class AttemptValues(NamedTuple):
    """What became of an attempt. `next_at` is when it is asked about again; `charged_minor` only where it succeeded."""

    account_id: int
    attempt_no: int
    state: str
    asks: int
    next_at: datetime | None
    gateway_ref: str | None
    charged_minor: int | None
    code: str | None
    message: str | None
    action_url: str | None
    sent_at: datetime | None
    finished_at: datetime | None


class ChargeLineRow(NamedTuple):
    """A bill's part of an attempt, new or known, with what remains of it afterwards."""

    account_id: int
    attempt_no: int
    cycle: int
    amount_minor: int
    remaining_minor: int


class NewAuthorization(NamedTuple):
    """A pre-authorization to insert; it waits to be sent."""

    id: int
    account_id: int
    method_id: int
    product: str
    gateway: str
    customer_token: str
    method_token: str
    amount_minor: int
    currency: str


class AuthorizationValues(NamedTuple):
    """What became of a pre-authorization, and when it is looked at again."""

    id: int
    account_id: int
    state: str
    asks: int
    next_at: datetime | None
    gateway_ref: str | None
    code: str | None
    message: str | None
    sent_at: datetime | None
    finished_at: datetime | None


class Announcement(NamedTuple):
    """An outbox row; `payload` is JSON text."""

    account_id: int
    topic: str
    payload: str
    correlation_id: str


class EventOutcome(NamedTuple):
    """How an inbox row ends: done, or refused with a code and a sentence."""

    inbox_id: int
    state: Literal["done", "refused", "parked"]
    reason_code: str | None
    reason: str | None


@dataclass(slots=True)
class Changes:
    """Everything one set of accounts is to become, and why some of it stays undone."""

    new_accounts: list[NewAccount] = field(default_factory=list)
    accounts: list[AccountValues] = field(default_factory=list)
    holds: list[HoldChange] = field(default_factory=list)
    fees: list[FeeRow] = field(default_factory=list)
    repeats: list[RepeatRow] = field(default_factory=list)
    accruals: list[Accrual] = field(default_factory=list)
    line_accruals: list[LineAccrual] = field(default_factory=list)
    issued: list[BillValues] = field(default_factory=list)
    paid: list[BillPaid] = field(default_factory=list)
    lines_paid: list[LinePaid] = field(default_factory=list)
    new_cards: list[NewCard] = field(default_factory=list)
    new_refunds: list[NewRefund] = field(default_factory=list)
    cards: list[FundValue] = field(default_factory=list)
    refunds: list[FundValue] = field(default_factory=list)
    repayments: list[RepaymentRow] = field(default_factory=list)
    repayment_lines: list[RepaymentLineRow] = field(default_factory=list)
    transfers: list[TransferRow] = field(default_factory=list)
    new_methods: list[NewMethod] = field(default_factory=list)
    methods: list[MethodValues] = field(default_factory=list)
    collecting: list[CollectingValues] = field(default_factory=list)
    new_attempts: list[NewAttempt] = field(default_factory=list)
    attempts: list[AttemptValues] = field(default_factory=list)
    charge_lines: list[ChargeLineRow] = field(default_factory=list)
    new_authorizations: list[NewAuthorization] = field(default_factory=list)
    authorizations: list[AuthorizationValues] = field(default_factory=list)
    terms: list[TermRow] = field(default_factory=list)
    watches: list[WatchValues] = field(default_factory=list)
    new_coupons: list[NewCoupon] = field(default_factory=list)
    coupons: list[FundValue] = field(default_factory=list)
    relationships: list[RelationshipRow] = field(default_factory=list)
    new_payments: list[NewPayment] = field(default_factory=list)
    payment_ends: list[PaymentEnd] = field(default_factory=list)
    new_unified: list[NewUnified] = field(default_factory=list)
    unified: list[UnifiedValues] = field(default_factory=list)
    unified_lines: list[UnifiedLineRow] = field(default_factory=list)
    new_gateway_refunds: list[NewGatewayRefund] = field(default_factory=list)
    gateway_refunds: list[GatewayRefundValues] = field(default_factory=list)
    charges_refunded: list[ChargeRefunded] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    outcomes: list[EventOutcome] = field(default_factory=list)
    parked: dict[int, str] = field(default_factory=dict)
    skips: list[Skip] = field(default_factory=list)
