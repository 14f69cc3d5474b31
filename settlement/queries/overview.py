"""Sums over bills: a month's, the last months', and what is unsettled by age. Amounts in minor units."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.bills import BillState
from settlement.model.cycle import Cycle
from settlement.storage.sql.sums import whole

# By their account's currency, which every bill of it has.
_MONTHS = text("""
    SELECT b.cycle, a.currency, b.state, count(*), coalesce(sum(b.payable_minor), 0), coalesce(sum(b.paid_minor), 0)
    FROM bill b JOIN account a ON a.id = b.account_id
    WHERE b.cycle BETWEEN :first AND :last GROUP BY b.cycle, a.currency, b.state
    ORDER BY b.cycle, a.currency, b.state""")
_AGES = text("""
    SELECT a.currency,
           CASE WHEN b.due_on IS NULL THEN 'no due date' WHEN b.due_on >= :today THEN 'not due yet'
                WHEN b.due_on >= :today - 30 THEN '1 to 30 days' WHEN b.due_on >= :today - 60 THEN '31 to 60 days'
                WHEN b.due_on >= :today - 90 THEN '61 to 90 days' ELSE 'over 90 days' END AS age,
           count(*), coalesce(sum(b.payable_minor - b.paid_minor), 0)
    FROM bill b JOIN account a ON a.id = b.account_id WHERE b.state = 'unsettled' GROUP BY 1, 2""")
AGES = ("no due date", "not due yet", "1 to 30 days", "31 to 60 days", "61 to 90 days", "over 90 days")
_SOURCES = text("""
    SELECT a.currency, l.source, sum(l.amount_minor) FROM repayment_line l JOIN account a ON a.id = l.account_id
    WHERE l.cycle = :cycle GROUP BY 1, 2 ORDER BY 1, 3 DESC""")


class MonthSum(NamedTuple):
    """The bills of a month, a currency and a state."""

    cycle: Cycle
    currency: str
    state: BillState
    bills: int
    payable_minor: int
    paid_minor: int


class AgeSum(NamedTuple):
    """Unsettled bills by how long they are past their due date."""

    currency: str
    age: str
    bills: int
    outstanding_minor: int


class SourceSum(NamedTuple):
    """What paid a month's bills."""

    currency: str
    source: str
    paid_minor: int


def months(tx: Connection, first: Cycle, last: Cycle) -> list[MonthSum]:
    """Sums of these months and all between, by month, currency and state."""
    return [MonthSum(*whole(row)) for row in tx.execute(_MONTHS, {"first": first, "last": last})]


def unsettled_by_age(tx: Connection, today: date) -> list[AgeSum]:
    """What is unsettled, by currency and age, in the order of `AGES`. `today` is a local date."""
    found = [AgeSum(*whole(row)) for row in tx.execute(_AGES, {"today": today})]
    return sorted(found, key=lambda row: (row.currency, AGES.index(row.age)))


def sources(tx: Connection, cycle: Cycle) -> list[SourceSum]:
    """What paid the bills of a month, by currency and source, the largest first."""
    return [SourceSum(*whole(row)) for row in tx.execute(_SOURCES, {"cycle": cycle})]
