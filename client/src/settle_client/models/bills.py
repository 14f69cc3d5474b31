"""Bodies that are received from `bills`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from settle_client.values import Amount, Received


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
    records_archive: int | None = None


class BillLine(Received):
    """Bill line."""

    product: str
    order_id: str | None = None
    single_month: bool
    accrued: Amount
    paid_by_cards: Amount


class BillDetails(Bill):
    """Bill details."""

    lines: tuple[BillLine, ...]
    repayments: tuple[Repayment, ...]


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
    records_archive: int | None = None
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
