"""What the demonstration shows, read from the database: money by currency, and why bills are unsettled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.plans.explain.reasons import plan_write_off
from settlement.storage.load.scope import Scope
from settlement.storage.load.snapshot import load

_BY_CURRENCY = text("""
    SELECT b.currency, count(*), count(*) FILTER (WHERE b.state = 'settled'),
           count(*) FILTER (WHERE b.state = 'unsettled'),
           sum(b.payable_minor), sum(b.paid_minor), sum(b.payable_minor - b.paid_minor),
           coalesce(sum(p.coupon), 0), coalesce(sum(p.card), 0), coalesce(sum(p.refund), 0), coalesce(sum(p.cash), 0),
           coalesce(sum(p.main), 0), coalesce(sum(p.method), 0)
    FROM bill b LEFT JOIN LATERAL (
        SELECT sum(l.amount_minor) FILTER (WHERE l.source = 'coupon') AS coupon,
               sum(l.amount_minor) FILTER (WHERE l.source = 'card') AS card,
               sum(l.amount_minor) FILTER (WHERE l.source = 'refund') AS refund,
               sum(l.amount_minor) FILTER (WHERE l.source = 'cash') AS cash,
               sum(l.amount_minor) FILTER (WHERE l.source = 'main_account') AS main,
               sum(l.amount_minor) FILTER (WHERE l.source = 'external') AS method
        FROM repayment_line l WHERE l.account_id = b.account_id AND l.cycle = b.cycle) AS p ON true
    WHERE b.cycle = :cycle AND b.state <> 'accruing' GROUP BY b.currency ORDER BY b.currency""")
_UNSETTLED = text("""
    SELECT a.id, a.external_id, b.cycle, b.currency, b.payable_minor - b.paid_minor
    FROM bill b JOIN account a ON a.id = b.account_id WHERE b.state = 'unsettled' ORDER BY a.id, b.cycle""")
_NEXT_CYCLE = text("""
    SELECT count(*) FILTER (WHERE NOT late), count(*) FILTER (WHERE late) FROM fee WHERE cycle > :cycle""")
_DONOR = text("""
    SELECT external_id FROM account
    WHERE currency = :currency AND cash_minor - frozen_minor >= :minor AND parked_at IS NULL AND NOT credit_control
      AND NOT EXISTS (SELECT 1 FROM bill b WHERE b.account_id = account.id AND b.state = 'unsettled')
    ORDER BY cash_minor DESC, id LIMIT 1""")
_CHARGES = text("""
    SELECT external_id, reason, state, amount_minor, code FROM charge_attempt JOIN account a ON a.id = account_id
    WHERE external_id = ANY(:accounts) ORDER BY account_id, attempt_no""")
_PRE_AUTHORIZATION = text("""
    SELECT p.state, amount_minor FROM pre_authorization p JOIN account a ON a.id = account_id
    WHERE external_id = :account ORDER BY p.id DESC LIMIT 1""")
_ANNOUNCED = text("""
    SELECT count(*) FROM outbox JOIN account a ON a.id = account_id WHERE external_id = :account AND topic = :topic""")
_EVENTS = text("""
    SELECT count(*), count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state IN ('refused', 'parked'))
    FROM inbox""")


class CurrencyFigures(NamedTuple):
    """Bills of the month in one currency. Amounts in minor units; issued = paid + outstanding."""

    currency: str
    bills: int
    settled: int
    unsettled: int
    issued_minor: int
    paid_minor: int
    outstanding_minor: int
    coupon_minor: int
    card_minor: int
    refund_minor: int
    cash_minor: int
    main_account_minor: int
    method_minor: int


@dataclass(frozen=True, slots=True)
class UnsettledBill:
    """A bill that is not settled, and the first reason for it. Minor units."""

    account_id: int
    account: str
    cycle: Cycle
    currency: str
    outstanding_minor: int
    reason: str


class ChargeFigures(NamedTuple):
    """A charge of a payment method. Minor units; `code` is why it was declined."""

    account: str
    reason: str
    state: str
    amount_minor: int
    code: str | None


class EventCounts(NamedTuple):
    """Rows of the inbox: all, those that wait, those refused or parked."""

    all: int
    waiting: int
    set_aside: int


def by_currency(tx: Connection, cycle: Cycle) -> list[CurrencyFigures]:
    """The issued bills of a month, a row per currency."""
    return [
        CurrencyFigures(row[0], *(int(figure) for figure in row[1:]))
        for row in tx.execute(_BY_CURRENCY, {"cycle": cycle})
    ]


def unsettled_bills(tx: Connection, *, at: datetime, policy: Policy) -> list[UnsettledBill]:
    """Every unsettled bill with what the write-off itself says for leaving it."""
    rows = tx.execute(_UNSETTLED).all()
    snapshot = load(tx, Scope(ids=sorted({row[0] for row in rows})), lock=False)
    skipped = {
        skip.account_id: str(skip.reason) for skip in plan_write_off(snapshot, at=at, policy=policy).skips
    }
    return [
        UnsettledBill(account_id, name, cycle, currency, minor, skipped.get(account_id, "unknown"))
        for account_id, name, cycle, currency, minor in rows
    ]


def next_cycle_fees(tx: Connection, cycle: Cycle) -> tuple[int, int]:
    """Fees booked after the month: those of the days after it, and those that came late."""
    row = tx.execute(_NEXT_CYCLE, {"cycle": cycle}).one()
    return int(row[0]), int(row[1])


def donor(tx: Connection, currency: str, minor: int) -> str | None:
    """The richest account of a currency that owes nothing and can spare the amount."""
    found: str | None = tx.scalar(_DONOR, {"currency": currency, "minor": minor})
    return found


def events(tx: Connection) -> EventCounts:
    """How many events there are, and how many of them wait or were set aside."""
    return EventCounts(*tx.execute(_EVENTS).one())


def charges(tx: Connection, accounts: Sequence[str]) -> list[ChargeFigures]:
    """The charges of some accounts, those of an account in order."""
    return [ChargeFigures(*row) for row in tx.execute(_CHARGES, {"accounts": list(accounts)})]


def announced(tx: Connection, account: str, topic: str) -> int:
    """How often something was announced about an account."""
    return int(tx.scalar(_ANNOUNCED, {"account": account, "topic": topic}) or 0)


def pre_authorization(tx: Connection, account: str) -> tuple[str, int] | None:
    """State and amount (minor units) of the last check of an account's payment method."""
    row = tx.execute(_PRE_AUTHORIZATION, {"account": account}).one_or_none()
    return None if row is None else (row[0], row[1])
