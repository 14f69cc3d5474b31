"""Bodies that are received from `accounts`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from settle_client.models.bills import Repayment
from settle_client.models.cards import Card, Coupon
from settle_client.models.charges import Charge
from settle_client.models.methods import Method
from settle_client.models.refunds import CreditRefund, GatewayRefund
from settle_client.models.terms import Term
from settle_client.values import Amount, Received


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
    # What it paid at once. Absent of an event in an archive (`archived`), which has that, too.
    repayments: tuple[Repayment, ...] = ()


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


class AccountDetailsMainAccount(Received):
    """Account details main account."""

    account: str | None = None
    # One of pending, valid, ended.
    state: str | None = None


class AccountDetailsHolds(Received):
    """Account details holds."""

    reason: str | None = None
    ref: str | None = None
    name: str | None = None
    held_at: dt.datetime | None = None


class AccountDetailsCollecting(Received):
    """Account details collecting."""

    uncollected: Amount | None = None
    charged_at: Amount | None = None
    declining_since: dt.datetime | None = None
    declined_for_good: bool | None = None
    next_step_at: dt.datetime | None = None


class AccountDetails(Account):
    """Account details."""

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
    records_archive: int | None = None
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
