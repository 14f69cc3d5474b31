"""Reads for people about credit control: terms, due and overdue bills, counts; a statement for each."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.cycle import Cycle
from settlement.model.runs import DAILY_CHECK
from settlement.model.terms import PaymentTerm
from settlement.queries import accounts, bills
from settlement.storage.sql.columns import columns
from settlement.storage.sql.sums import whole
from settlement.storage.tables.bills import BILL
from settlement.storage.tables.credit import PAYMENT_TERM


class TermView(NamedTuple):
    """A contract period with its payment term, and when it was agreed on."""

    term: PaymentTerm
    agreed_at: datetime


class DueView(NamedTuple):
    """An unsettled bill with a due date. Minor units; `overdue_at` is None until it was found overdue."""

    account: str
    cycle: Cycle
    currency: str
    payable_minor: int
    paid_minor: int
    due_on: date
    due_rule: str
    overdue_at: datetime | None

    @property
    def outstanding_minor(self) -> int:
        """What is still to be paid."""
        return self.payable_minor - self.paid_minor


class DueTotal(NamedTuple):
    """Unsettled bills with a due date in one currency: bills, accounts, what is outstanding in minor units."""

    currency: str
    bills: int
    accounts: int
    outstanding_minor: int


class CreditCounts(NamedTuple):
    """Overdue bills and their accounts, accounts with low credit, and the last local day that was checked, by the
    instant (UTC) at which the one after it began.
    """

    overdue_bills: int
    overdue_accounts: int
    low_credit: int
    checked_until: datetime | None


_TERMS = text(f"""
    SELECT {columns(PAYMENT_TERM, PaymentTerm)}, agreed_at
    FROM payment_term WHERE account_id = :id AND (CAST(:after AS integer) IS NULL OR from_cycle > :after)
    ORDER BY from_cycle LIMIT :limit""")
_WANTED = """b.state = 'unsettled' AND b.due_on IS NOT NULL AND (CAST(:upcoming AS boolean) OR b.overdue_at IS NOT NULL)
      AND (CAST(:account AS text) IS NULL OR b.account_id = (SELECT id FROM account WHERE external_id = :account))"""
_DUE = text(f"""
    SELECT {columns(BILL, DueView, "b", account="a.external_id")}
    FROM bill b JOIN account a ON a.id = b.account_id
    WHERE {_WANTED}
      AND (CAST(:after_account AS text) IS NULL OR (b.due_on, b.account_id, b.cycle) >
           (SELECT p.due_on, p.account_id, p.cycle FROM bill p JOIN account o ON o.id = p.account_id
            WHERE o.external_id = :after_account AND p.cycle = CAST(:after_cycle AS integer)))
    ORDER BY b.due_on, b.account_id, b.cycle LIMIT :limit""")
_TOTALS = text(f"""
    SELECT b.currency, count(*), count(DISTINCT b.account_id), sum(b.payable_minor - b.paid_minor)
    FROM bill b WHERE {_WANTED} GROUP BY b.currency ORDER BY b.currency""")
_COUNTS = text("""
    SELECT count(*), count(DISTINCT account_id), (SELECT count(*) FROM credit_watch WHERE low_since IS NOT NULL),
           (SELECT max(logical_at) FROM schedule_slot WHERE job = :job AND state = 'done')
    FROM bill WHERE state = 'unsettled' AND overdue_at IS NOT NULL""")


def terms(
    tx: Connection, account_id: int, *, after: int | None = None, limit: int | None = None
) -> list[TermView]:
    """An account's payment terms by the cycle with which they begin, from the one after that which begins with `after`
    on; all of them where no `limit` is given.
    """
    parameters = {"id": account_id, "after": after, "limit": limit}
    return [
        TermView(PaymentTerm._make((*term, frozenset(closing_days))), agreed_at)
        for *term, closing_days, agreed_at in tx.execute(_TERMS, parameters)
    ]


def due_bills(
    tx: Connection,
    *,
    limit: int,
    after: tuple[str, int] | None = None,
    account: str | None = None,
    upcoming: bool = False,
) -> list[DueView]:
    """Overdue bills, with `upcoming` also those that are not due yet, by due date, after the bill (account, cycle).

    Raises:
        NotFound: the account, or the bill to go on after, does not exist.
    """
    after_account, after_cycle = after or (None, None)
    if after is not None and bills.bill(tx, *after).due_on is None:
        raise NotFound("unknown_bill", f"the bill of {after[0]} to go on after has no due date")
    parameters = {
        "limit": limit, "account": account, "after_account": after_account, "after_cycle": after_cycle,
        "upcoming": upcoming,
    }  # fmt: skip
    found = [DueView(*row) for row in tx.execute(_DUE, parameters)]
    if not found and account is not None:
        accounts.account(tx, account)
    return found


def due_totals(tx: Connection, *, account: str | None = None, upcoming: bool = False) -> list[DueTotal]:
    """The same bills, all of them, summed up by currency."""
    return [DueTotal(*whole(row)) for row in tx.execute(_TOTALS, {"account": account, "upcoming": upcoming})]


def counts(tx: Connection) -> CreditCounts:
    """What credit control has open."""
    return CreditCounts(*tx.execute(_COUNTS, {"job": DAILY_CHECK}).one())
